import { ClickHouseException } from '../engine/clickhouse-exception.ts';
import * as rules from './reader-rules.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/** What of the engine and the request the rules need to know. */
export interface ReaderContext {
  /** Database of names without one. */
  readonly database: string;
  /** All table functions of the engine, in lower case. */
  readonly tableFunctions: ReadonlySet<string>;
}

/** `in`, `notIn`, `globalNotNullInIgnoreSet` …: their second argument may be a table. */
const IN_FUNCTION = /^(?:global)?(?:not)?(?:null)?in(?:ignoreset)?$/;

/**
 * Checks that a reader may run a statement.
 *
 * @throws ClickHouseException ACCESS_DENIED, saying what is not allowed.
 */
export function checkReaderTree(root: SyntaxNode, context: ReaderContext): void {
  checkStatement(root, context);
}

function checkStatement(node: SyntaxNode, context: ReaderContext): void {
  const { kind, name, children } = node;
  if (!rules.READER_STATEMENTS.has(kind)) throw denied(`Only SELECT, SHOW, DESCRIBE, EXPLAIN and EXISTS, not ${kind}`);
  if (kind === 'Explain') {
    if (!rules.READER_EXPLAINS.has(name)) throw denied(`Not ${name}`);
    for (const child of children) if (child.kind !== 'Set') checkStatement(child, context);
  } else if (kind.startsWith('Select')) {
    checkNode(node, context);
  } else if (kind === 'DescribeQuery') {
    for (const child of children) checkNode(child, context);
  } else {
    checkNames(node, context);
  }
}

/** SHOW and EXISTS: their children are the names of a database, a table, or both. */
function checkNames({ kind, children }: SyntaxNode, context: ReaderContext): void {
  if (children.some((child) => child.kind !== 'Identifier')) throw denied(`Not this form of ${kind}`);
  const [first, second] = children.map(({ name }) => name);
  if (second !== undefined) checkTable([first ?? '', second], context);
  else if (first === undefined) return;
  else if (/^Show(?:Tables|CreateDatabase)|^ExistsDatabase/.test(kind)) checkDatabase(first);
  else checkTable([first], context);
}

function checkNode(node: SyntaxNode, context: ReaderContext): void {
  const { kind, name, children } = node;
  if (!rules.READER_NODES.has(kind)) throw denied(`Not this syntax (${kind})`);
  if (kind === 'SelectWithUnionQuery' && children.some((child) => child.kind === 'Literal')) {
    throw denied('INTO OUTFILE is not allowed');
  }
  if (kind === 'TableIdentifier') checkTable(name.split('.'), context);
  // A function may be an argument of another one, and is a name then: `arrayMap(file, ['x'])`.
  if (kind === 'Identifier' && isDeniedFunction(name, context)) throw deniedFunction(name);
  if (kind === 'Function') checkFunction(node, context);
  for (const child of children) {
    if (kind === 'TableExpression' && child.kind === 'Function') checkTableFunction(child, context);
    else checkNode(child, context);
  }
}

function checkFunction({ name, children }: SyntaxNode, context: ReaderContext): void {
  if (isDeniedFunction(name, context)) throw deniedFunction(name);
  if (!IN_FUNCTION.test(name.toLowerCase())) return;
  const set = children[0]?.children[1];
  if (set?.kind !== 'Identifier' || !set.name.includes('.')) return;
  // A column of a table by its alias looks the same, and then `has(array, value)` says it as well.
  checkTable(set.name.split('.'), context);
}

function checkTableFunction(node: SyntaxNode, context: ReaderContext): void {
  const parts = node.name.split('.');
  // With a database it is a view with parameters.
  if (parts.length > 1) checkTable(parts, context);
  else if (!rules.READER_TABLE_FUNCTIONS.has(node.name.toLowerCase()))
    throw denied(`Not the table function ${node.name}`);
  for (const child of node.children) checkNode(child, context);
}

function isDeniedFunction(name: string, { tableFunctions }: ReaderContext): boolean {
  const lower = name.toLowerCase();
  if (rules.DENIED_FUNCTIONS.has(lower)) return true;
  if (rules.DENIED_FUNCTION_PREFIXES.some((prefix) => lower.startsWith(prefix))) return true;
  // Behind IN a table function has the place of any other.
  return tableFunctions.has(lower) && !rules.READER_TABLE_FUNCTIONS.has(lower) && !rules.SCALAR_NAMESAKES.has(lower);
}

function checkTable(parts: readonly string[], context: ReaderContext): void {
  const [database, table] = parts.length === 1 ? [context.database, parts[0]] : parts;
  if (parts.length > 2 || database === undefined || table === undefined) throw denied(`Not ${parts.join('.')}`);
  checkDatabase(database);
  if (database === 'system' && !rules.READER_SYSTEM_TABLES.has(table)) throw denied(`Not system.${table}`);
}

/** Whether readers may read of a database at all. */
export function checkDatabase(database: string): void {
  if (database !== 'system' && !rules.READER_DATABASES.has(database)) throw denied(`Not the database ${database}`);
}

function deniedFunction(name: string): ClickHouseException {
  return denied(`Not ${name}, which reaches beyond the data (a column of this name: by its table, as in t.${name})`);
}

/** What a reader may not do. */
export function denied(what: string): ClickHouseException {
  return ClickHouseException.of('ACCESS_DENIED', `Not enough privileges: a reader key only reads. ${what}`);
}
