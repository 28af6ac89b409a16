import { ClickHouseException } from '../engine/clickhouse-exception.ts';

/** A node of a statement, as the engine's `EXPLAIN AST` prints it. */
export interface SyntaxNode {
  /** Kind of the node: the first word of its line. */
  readonly kind: string;
  /** The rest of the line: a name as a rule, without alias. */
  readonly name: string;
  readonly children: SyntaxNode[];
}

const CHILDREN = / \(children (\d+)\)$/;
const DEPTH_MAX = 1_000;

/**
 * Reads the output of `EXPLAIN AST`: one node a line, one blank more for each level, the number of children behind it. Depth and numbers must
 * agree, so that no text inside of a name can pass for a node.
 *
 * @throws ClickHouseException when they do not.
 */
export function parseSyntaxTree(text: string): SyntaxNode {
  const lines = text.replace(/\n$/, '').split('\n');
  let next = 0;
  const read = (depth: number): SyntaxNode => {
    const line = lines[next++];
    if (line === undefined || depth > DEPTH_MAX) throw unreadable();
    if (!line.startsWith(' '.repeat(depth)) || line[depth] === ' ' || line[depth] === undefined) throw unreadable();
    const counted = CHILDREN.exec(line);
    const label = line.slice(depth, counted === null ? undefined : counted.index);
    const blank = label.indexOf(' ');
    const rest = blank === -1 ? '' : label.slice(blank + 1);
    const alias = rest.indexOf(' (alias ');
    const node: SyntaxNode = {
      kind: blank === -1 ? label : label.slice(0, blank),
      name: alias === -1 ? rest : rest.slice(0, alias),
      children: [],
    };
    for (let child = Number(counted?.[1] ?? 0); child > 0; child--) node.children.push(read(depth + 1));
    return node;
  };
  const root = read(0);
  if (next !== lines.length) throw unreadable();
  return root;
}

function unreadable(): ClickHouseException {
  return ClickHouseException.of('ACCESS_DENIED', 'The statement cannot be checked for a reader');
}
