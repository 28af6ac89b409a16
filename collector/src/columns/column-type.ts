const LEAVES = ['Int8', 'Int32', 'Int64', 'UInt32', 'UInt64', 'Float64', 'String', 'LowCardinality(String)'] as const;

/** What a value of a column is, when it is no array and no map. */
export type LeafType = (typeof LEAVES)[number];

/** A type of ClickHouse's, of those that loads use. */
export type ColumnType =
  | { readonly kind: 'leaf'; readonly leaf: LeafType }
  | { readonly kind: 'array'; readonly of: ColumnType }
  | { readonly kind: 'map'; readonly key: LeafType; readonly value: LeafType };

/** Parses a type as ClickHouse writes it. Throws when loads have none of that kind. */
export function parseColumnType(text: string): ColumnType {
  if (isLeaf(text)) return { kind: 'leaf', leaf: text };
  const [, name, inner] = /^(\w+)\((.*)\)$/.exec(text) ?? [];
  if (name === 'Array' && inner !== undefined) return { kind: 'array', of: parseColumnType(inner) };
  const [key, value] = name === 'Map' && inner !== undefined ? inner.split(', ') : [];
  if (key === undefined || value === undefined || !isLeaf(key) || !isLeaf(value))
    throw new Error(`Columns of type ${text} cannot be made.`);
  return { kind: 'map', key, value };
}

/** Whether values are whole numbers. */
export function isWhole(leaf: LeafType): boolean {
  return leaf.startsWith('Int') || leaf.startsWith('UInt');
}

function isLeaf(text: string): text is LeafType {
  return (LEAVES as readonly string[]).includes(text);
}
