import { ClickHouseException } from './clickhouse-exception.ts';
import { sqlString } from './sql-literal.ts';
import { TokenCursor } from './token-cursor.ts';

/**
 * An INSERT whose rows come as data beside the statement: `INSERT INTO t [(columns)] [SETTINGS ...] FORMAT x <data>`,
 * `... VALUES <data>`, or `INSERT INTO t SELECT ... FROM input('...') FORMAT x <data>`.
 */
export type DataInsert = {
  /** The statement without its data. */
  readonly head: string;
  /** Format of the data, as written (`Values` for VALUES). */
  readonly format: string;
  /** Where the data begins in the text; the text's length when it is yet to come. */
  readonly dataStart: number;
  /** The statement again, reading its data from a file. */
  readonly render: (file: DataFile) => string;
};

export type DataFile = {
  /** Absolute path without glob characters: the engine expands them. */
  readonly path: string;
  /** One of the engine's compression methods, `none` for plain. */
  readonly compression: string;
};

/**
 * Finds the data of an INSERT. The engine takes text data inline only, and binary or compressed data not at all, so
 * all data goes through a file: the statement is given the clause that names it.
 *
 * @returns undefined when the text is not an INSERT with data (another statement, or an INSERT ... SELECT).
 */
export function parseDataInsert(text: string): DataInsert | undefined {
  const cursor = new TokenCursor(text);
  if (!cursor.takeWord('INSERT')) return undefined;
  cursor.takeWord('INTO');
  if (!takeTarget(cursor)) return undefined;
  const targetEnd = cursor.end;
  if (cursor.atPunctuation('(')) {
    if (startsSubquery(text, cursor)) return parseInputSelect(text, cursor);
    if (!cursor.takeGroup()) return undefined;
  }
  const columnsEnd = cursor.end;
  if (cursor.takeWord('SETTINGS') && !skipSettings(cursor)) return undefined;
  const clausesEnd = cursor.end;
  const render = (format: string) => (file: DataFile) => {
    const columns = text.slice(targetEnd, columnsEnd);
    const settings = text.slice(columnsEnd, clausesEnd);
    const infile = `FROM INFILE ${sqlString(file.path)} COMPRESSION ${sqlString(file.compression)}`;
    return `${text.slice(0, targetEnd)}${columns} ${infile}${settings} FORMAT ${format}`;
  };
  if (cursor.takeWord('VALUES')) {
    return { head: text.slice(0, cursor.end), format: 'Values', dataStart: cursor.end, render: render('Values') };
  }
  if (cursor.takeWord('FORMAT')) {
    const format = takeFormat(text, cursor);
    if (format === undefined) return undefined;
    return { ...format, head: text.slice(0, format.dataStart), render: render(format.format) };
  }
  return parseInputSelect(text, cursor);
}

/** `[TABLE] [db.]table` or `[TABLE] FUNCTION name(...) [PARTITION BY expression]`. */
function takeTarget(cursor: TokenCursor): boolean {
  cursor.takeWord('TABLE');
  if (cursor.takeWord('FUNCTION')) {
    cursor.take();
    if (!cursor.takeGroup()) return false;
    if (!cursor.takeWord('PARTITION')) return true;
    while (cursor.peek() !== undefined && !atClause(cursor)) if (!cursor.takeGroup()) cursor.take();
    return true;
  }
  if (!takeName(cursor)) return false;
  while (cursor.atPunctuation('.')) {
    cursor.take();
    if (!takeName(cursor)) return false;
  }
  return true;
}

/** A name, quoted or not, or a substitution such as `{table:Identifier}`. */
function takeName(cursor: TokenCursor): boolean {
  if (cursor.atPunctuation('{')) return cursor.takeGroup();
  const kind = cursor.peek()?.kind;
  if (kind !== 'word' && kind !== 'quoted-name') return false;
  cursor.take();
  return true;
}

function atClause(cursor: TokenCursor): boolean {
  return ['SETTINGS', 'VALUES', 'FORMAT', 'SELECT', 'WITH'].some((word) => cursor.atWord(word));
}

/** After SETTINGS: `name = value, ...` up to the next clause; values may be bracketed or have a sign. */
function skipSettings(cursor: TokenCursor): boolean {
  do {
    if (!takeName(cursor) || !cursor.atPunctuation('=')) return false;
    cursor.take();
    let taken = 0;
    while (cursor.peek() !== undefined && !cursor.atPunctuation(',') && !cursor.atPunctuation(';')) {
      if (taken > 0 && atClause(cursor)) break;
      if (!cursor.takeGroup()) cursor.take();
      taken += 1;
    }
  } while (takeComma(cursor));
  return true;
}

function takeComma(cursor: TokenCursor): boolean {
  if (!cursor.atPunctuation(',')) return false;
  cursor.take();
  return true;
}

/** Whether the bracket to come holds a query and not a list of columns. */
function startsSubquery(text: string, cursor: TokenCursor): boolean {
  const open = cursor.peek();
  if (open === undefined) return false;
  const inside = new TokenCursor(text.slice(open.end));
  return inside.atWord('SELECT') || inside.atWord('WITH') || inside.atPunctuation('(');
}

/**
 * After FORMAT: its name, and where the data begins. As in ClickHouse: blanks are skipped, then one line end, so that
 * binary data can follow a newline; a semicolon there is an error, since it would become part of the data.
 */
function takeFormat(text: string, cursor: TokenCursor): { format: string; dataStart: number } | undefined {
  const name = cursor.peek();
  if (name?.kind !== 'word') return undefined;
  const format = text.slice(name.start, name.end);
  let dataStart = name.end;
  while (' \t\f'.includes(text[dataStart] ?? '\n')) dataStart += 1;
  if (text[dataStart] === ';') {
    throw ClickHouseException.of(
      'SYNTAX_ERROR',
      `You have excessive ';' symbol before data for INSERT FORMAT ${format}`,
    );
  }
  if (text[dataStart] === '\r') dataStart += 1;
  if (text[dataStart] === '\n') dataStart += 1;
  return { format, dataStart };
}

/** `SELECT ... FROM input('columns') ... FORMAT x`: the engine cannot read a file there, but `file()` does the same. */
function parseInputSelect(text: string, cursor: TokenCursor): DataInsert | undefined {
  let input: { start: number; open: number; close: number } | undefined;
  let previousDot = false;
  let depth = 0;
  for (let token = cursor.take(); token !== undefined; token = cursor.take()) {
    const isName = token.kind === 'word' && !previousDot;
    if (isName && token.text === 'INPUT' && cursor.atPunctuation('(') && input === undefined) {
      const open = cursor.peek()?.end ?? token.end;
      if (!cursor.takeGroup()) return undefined;
      input = { start: token.start, open, close: cursor.end - 1 };
    } else if (isName && token.text === 'FORMAT' && depth === 0 && input !== undefined) {
      const found = takeFormat(text, cursor);
      if (found === undefined) return undefined;
      const render = inputRender(text, input, token.start, found.format);
      return { ...found, head: text.slice(0, found.dataStart), render };
    }
    if (token.text === '(') depth += 1;
    else if (token.text === ')') depth -= 1;
    previousDot = token.text === '.';
  }
  return undefined;
}

function inputRender(
  text: string,
  input: { start: number; open: number; close: number },
  formatStart: number,
  format: string,
): DataInsert['render'] {
  return (file) => {
    const columns = text.slice(input.open, input.close);
    const source = `file(${sqlString(file.path)}, ${sqlString(format)}, ${columns}, ${sqlString(file.compression)})`;
    return `${text.slice(0, input.start)}${source}${text.slice(input.close + 1, formatStart)}`;
  };
}
