/** A stretch of bytes that prefixes have in common, and what may follow. */
interface Node {
  /** Not empty. */
  readonly label: Uint8Array;
  /** Values of the prefix that ends with the label, if one does. */
  readonly values: readonly number[] | undefined;
  /** By the first byte of their label. */
  readonly next: ReadonlyMap<number, Node>;
}

interface Prefix {
  readonly bytes: Uint8Array;
  readonly value: number;
}

/**
 * Values by prefix: a tree of the stretches that prefixes have in common, walked along a name until it leaves the tree. Most names do
 * so at once; a name of the same family does after its common part, which is one comparison.
 */
export class NamePrefixes {
  readonly #first: (Node | undefined)[] = Array.from({ length: 256 }, () => undefined);

  constructor(prefixes: readonly { readonly name: string; readonly value: number }[]) {
    const encoded = prefixes
      .map(({ name, value }) => ({ bytes: Buffer.from(name, 'utf8'), value }))
      .filter(({ bytes }) => bytes.length > 0)
      .sort((left, right) => Buffer.compare(left.bytes, right.bytes));
    for (const [byte, node] of branch(encoded, 0)) this.#first[byte] = node;
  }

  /** Calls `accept` with the values of every prefix of the name, the shortest first, until it gives one; that one, or -1. */
  find(bytes: Uint8Array, start: number, end: number, accept: (values: readonly number[]) => number): number {
    if (start >= end) return -1;
    let position = start;
    let node = this.#first[bytes[position] as number];
    while (node !== undefined) {
      const { label } = node;
      const size = label.length;
      if (position + size > end) return -1;
      // From the end: where two names differ, they mostly do in what comes later.
      for (let index = size - 1; index > 0; index--) {
        if (bytes[position + index] !== label[index]) return -1;
      }
      position += size;
      if (node.values !== undefined) {
        const accepted = accept(node.values);
        if (accepted >= 0) return accepted;
      }
      if (position >= end) return -1;
      node = node.next.get(bytes[position] as number);
    }
    return -1;
  }
}

/** The nodes for prefixes, which are sorted and have their first `depth` bytes in common, by the byte that follows. */
function branch(prefixes: readonly Prefix[], depth: number): Map<number, Node> {
  const nodes = new Map<number, Node>();
  let from = prefixes.findIndex(({ bytes }) => bytes.length > depth);
  while (from >= 0 && from < prefixes.length) {
    const first = prefixes[from] as Prefix;
    const byte = first.bytes[depth] as number;
    let to = from + 1;
    while (prefixes[to]?.bytes[depth] === byte) to++;
    nodes.set(byte, nodeOf(prefixes.slice(from, to), depth));
    from = to;
  }
  return nodes;
}

/** The node for prefixes that have more than their first `depth` bytes in common. */
function nodeOf(prefixes: readonly Prefix[], depth: number): Node {
  const shortest = prefixes[0] as Prefix;
  const last = prefixes.at(-1) as Prefix;
  // Sorted, so what the first and the last have in common all have.
  let end = depth + 1;
  while (end < shortest.bytes.length && shortest.bytes[end] === last.bytes[end]) end++;
  const values = prefixes.filter(({ bytes }) => bytes.length === end).map(({ value }) => value);
  return {
    label: Uint8Array.from(shortest.bytes.subarray(depth, end)),
    values: values.length === 0 ? undefined : values,
    next: branch(prefixes, end),
  };
}
