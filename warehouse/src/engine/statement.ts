import { ClickHouseException } from './clickhouse-exception.ts';
import { sqlString } from './sql-literal.ts';
import { type SqlToken, sqlTokens } from './sql-tokens.ts';
import { isClosing, isOpening } from './token-cursor.ts';

/** One statement, as far as it must be understood to run it. */
export type Statement = {
  readonly text: string;
  /**
   * `select`: its result is streamed. `insert`: writes rows (INSERT ... SELECT, or with data, see `parseDataInsert`).
   * `other`: DDL, SHOW, DESCRIBE and so on, whose result is small.
   */
  readonly kind: 'select' | 'insert' | 'other';
  /** First word, upper case. */
  readonly keyword: string;
  /** Output format the statement asks for, as written. */
  readonly format: string | undefined;
  /** The same SELECT writing its result to `path` in `format` (its own, or the default given). */
  readonly renderToFile: (path: string, defaultFormat: string) => string;
};

const SELECT_KEYWORDS: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'FROM', '(']);

/**
 * Reads one statement.
 *
 * @throws ClickHouseException when there is none, there are several, or it is one that cannot work here: client-side
 *   clauses (INTO OUTFILE, FROM INFILE) and statements that need a session to outlive the request.
 */
export function parseStatement(text: string): Statement {
  const tokens = [...sqlTokens(text)];
  const end = tokens.findIndex((token) => token.text === ';' && token.kind === 'punctuation');
  if (end !== -1 && tokens.slice(end).some((token) => token.text !== ';')) {
    throw ClickHouseException.of('SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed)');
  }
  const body = end === -1 ? tokens : tokens.slice(0, end);
  const first = body[0];
  if (first === undefined) throw ClickHouseException.of('SYNTAX_ERROR', 'Syntax error: Empty query');
  refuseUnsupported(body);
  const bodyEnd = body.at(-1)?.end ?? text.length;
  const formatAt = formatClause(body);
  const format = formatAt === -1 ? undefined : text.slice(body[formatAt + 1]?.start, body[formatAt + 1]?.end);
  const cut = formatAt === -1 ? bodyEnd : (body[formatAt]?.start ?? bodyEnd);
  return {
    text: text.slice(0, bodyEnd),
    kind: SELECT_KEYWORDS.has(first.text) ? 'select' : first.text === 'INSERT' ? 'insert' : 'other',
    keyword: first.text,
    format,
    renderToFile: (path, defaultFormat) => {
      const clauses = formatAt === -1 ? `FORMAT ${defaultFormat}` : text.slice(cut, bodyEnd);
      // APPEND opens an existing file for writing: the pipe is there already. The line end closes a `--` comment.
      return `${text.slice(0, cut)}\nINTO OUTFILE ${sqlString(path)} APPEND ${clauses}`;
    },
  };
}

/** Words that follow a column called `format`, and are no formats. */
const NOT_A_FORMAT: ReadonlySet<string> = new Set(['ASC', 'DESC']);

/**
 * Index of the FORMAT clause's keyword: outside brackets, followed by a name and then nothing but SETTINGS. -1 without.
 * `SELECT format x` looks the same; such a statement fails to parse with the clause put before it, and is then run as it
 * was written (see `QueryRunner`).
 */
function formatClause(tokens: readonly SqlToken[]): number {
  let depth = 0;
  let found = -1;
  tokens.forEach((token, index) => {
    if (isOpening(token)) depth += 1;
    else if (isClosing(token)) depth -= 1;
    if (depth !== 0 || token.kind !== 'word' || token.text !== 'FORMAT') return;
    const name = tokens[index + 1];
    const after = tokens[index + 2];
    if (name?.kind !== 'word' || NOT_A_FORMAT.has(name.text) || (after !== undefined && after.text !== 'SETTINGS'))
      return;
    if (tokens[index - 1]?.text !== '.') found = index;
  });
  return found;
}

function refuseUnsupported(tokens: readonly SqlToken[]): void {
  const words = tokens.map((token) => (token.kind === 'word' ? token.text : ''));
  const pair = (first: string, second: string) => words.some((w, i) => w === first && words[i + 1] === second);
  if (pair('INTO', 'OUTFILE')) {
    throw ClickHouseException.of('INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed');
  }
  if (pair('FROM', 'INFILE')) {
    throw ClickHouseException.of('NOT_IMPLEMENTED', 'FROM INFILE is a client-side clause: send the data in the body');
  }
  if (words[0] === 'CREATE' && words.slice(1, 4).includes('TEMPORARY')) {
    throw ClickHouseException.of(
      'NOT_IMPLEMENTED',
      'Temporary tables are not supported: sessions are not kept between requests. Use a subquery or a table',
    );
  }
  if (words[0] === 'KILL' && words[1] === 'QUERY' && words.includes('SYNC')) {
    throw ClickHouseException.of('NOT_IMPLEMENTED', 'KILL QUERY ... SYNC hangs in the embedded engine: use ASYNC');
  }
}
