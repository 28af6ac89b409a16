import type { QueryRunner } from '../engine/query-runner.ts';
import type { SessionRequest } from '../engine/session-setup.ts';
import { sqlString } from '../engine/sql-literal.ts';
import { type SqlToken, sqlTokens } from '../engine/sql-tokens.ts';
import { parseStatement, type Statement } from '../engine/statement.ts';
import { checkDatabase, checkReaderTree, denied } from './check-reader-tree.ts';
import { READER_SETTING_PREFIXES, READER_SETTINGS, READER_SHOWS } from './reader-rules.ts';
import { parseSyntaxTree } from './syntax-tree.ts';

const never = new AbortController().signal;
const NO_REQUEST: SessionRequest = { database: undefined, settings: new Map(), parameters: new Map(), readonly: true };

/** Where readers' names without a database lead. */
const READER_DATABASE = 'telemetry';

/** Settings of those that readers may give which name files all the same. */
const NAMES_A_FILE = /schema|path|file|template/;

/**
 * Checks the statements of readers. The engine's own `readonly=1` lets through what writes files (`INTO OUTFILE`), reads them (`file`), and
 * several statements in one; so the engine's parser says what a statement is made of, and an allow-list what it may be made of.
 */
export class ReaderGate {
  readonly #runner: QueryRunner;
  readonly #tableFunctions: ReadonlySet<string>;

  private constructor(runner: QueryRunner, tableFunctions: ReadonlySet<string>) {
    this.#runner = runner;
    this.#tableFunctions = tableFunctions;
  }

  static async open(runner: QueryRunner): Promise<ReaderGate> {
    const { bytes } = await runner.run('SELECT lower(name) FROM system.table_functions', 'TSVRaw', NO_REQUEST, never);
    return new ReaderGate(runner, new Set(Buffer.from(bytes).toString('utf8').trim().split('\n')));
  }

  /**
   * The statement to run for a reader in place of the one that was sent: the same, as the engine's parser understood and wrote it. So what is
   * checked is what runs, whatever our lexer and the engine's make of comments, quotes and blanks.
   *
   * @throws ClickHouseException ACCESS_DENIED, saying what is not allowed; or what the engine says of a statement that is none.
   */
  async admit(sent: Statement, request: SessionRequest): Promise<{ statement: Statement; request: SessionRequest }> {
    const session = readerSession(request);
    // Also refuses more than one statement.
    const sql = await this.#ask(`SELECT formatQuerySingleLine(${sqlString(sent.text)})`, NO_REQUEST);
    const statement = parseStatement(sql.replace(/\n$/, ''));
    checkTokens([...sqlTokens(statement.text)]);
    const tree = parseSyntaxTree(await this.#ask(`EXPLAIN AST ${statement.text}`, session));
    checkReaderTree(tree, { database: session.database ?? READER_DATABASE, tableFunctions: this.#tableFunctions });
    return { statement, request: session };
  }

  async #ask(sql: string, request: SessionRequest): Promise<string> {
    const { bytes } = await this.#runner.run(sql, 'TSVRaw', request, never);
    return Buffer.from(bytes).toString('utf8');
  }
}

/** The session of a reader: nothing can be written or set in it, and names lead to the data. */
function readerSession(request: SessionRequest): SessionRequest {
  const asked = request.database ?? 'default';
  // What clients send who were told of none.
  const database = asked === 'default' ? READER_DATABASE : asked;
  checkDatabase(database);
  for (const name of request.settings.keys()) {
    const isFamily = READER_SETTING_PREFIXES.some((prefix) => name.startsWith(prefix)) && !NAMES_A_FILE.test(name);
    if (!isFamily && !READER_SETTINGS.has(name)) throw denied(`Not the setting ${name}`);
  }
  return { ...request, database, settings: new Map([...request.settings, ['readonly', '1']]) };
}

/** What the tree does not tell: checked in the text that the engine's parser wrote, which has no comments and one way to quote. */
function checkTokens(tokens: readonly SqlToken[]): void {
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'broken') throw denied('The statement cannot be checked');
    // A name with a line end in it could pass for a line of the tree.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
    if (token.kind === 'quoted-name' && /[\\\x00-\x1f\x7f]/.test(token.text)) {
      throw denied('Not names with backslashes, quotes or control characters');
    }
    // `{name:Identifier}`, by which a parameter becomes a table.
    if (token.text === 'IDENTIFIER' && tokens[index - 1]?.text === ':') throw denied('Not parameters that are names');
  }
  if (tokens[0]?.text === 'SHOW' && !READER_SHOWS.has(tokens[1]?.text ?? '')) {
    throw denied(`Not SHOW ${tokens[1]?.text ?? ''}`);
  }
}
