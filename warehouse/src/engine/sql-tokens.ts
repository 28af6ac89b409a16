/**
 * ClickHouse's lexer, as far as it is needed to find clauses without being fooled by strings, comments and quoted
 * names. Works on text decoded as UTF-8 or byte for byte as Latin-1 (then offsets are byte offsets).
 */
export type SqlToken = {
  /** `broken`: a string, quoted name or comment that does not end. */
  readonly kind: 'word' | 'quoted-name' | 'string' | 'number' | 'punctuation' | 'broken';
  /** Upper case for words, as written otherwise. */
  readonly text: string;
  readonly start: number;
  /** One past the last character. */
  readonly end: number;
};

const SPACE = /\s+/y;
// `//` and `# ` start comments too: measured, the engine takes `SELECT 1 // x` for `SELECT 1`.
const LINE_COMMENT = /(?:--|\/\/|#[ !])[^\n]*/y;
const WORD = /[A-Za-z_][A-Za-z0-9_$]*/y;
const NUMBER = /[0-9][A-Za-z0-9_.]*/y;
const HEREDOC_TAG = /\$[A-Za-z0-9_]*\$/y;
const SINGLE_QUOTED = /'(?:[^'\\]|\\[\s\S]|'')*'/y;
const DOUBLE_QUOTED = /"(?:[^"\\]|\\[\s\S]|"")*"/y;
const BACK_QUOTED = /`(?:[^`\\]|\\[\s\S]|``)*`/y;
// Typographic quotes are quotes to ClickHouse, without escapes. Second spelling: their UTF-8 bytes read as Latin-1.
const CURLY_SINGLE = /\u2018[^\u2019]*\u2019|\xe2\x80\x98[\s\S]*?\xe2\x80\x99/y;
const CURLY_DOUBLE = /\u201c[^\u201d]*\u201d|\xe2\x80\x9c[\s\S]*?\xe2\x80\x9d/y;
const CURLY_OPEN = /\u2018|\u201c|\xe2\x80\x98|\xe2\x80\x9c/y;

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** End of a block comment that starts at `at`, or -1 when it does not end. They nest. */
function blockCommentEnd(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i + 1 < text.length; ) {
    const pair = text.slice(i, i + 2);
    if (pair === '/*') {
      depth += 1;
      i += 2;
    } else if (pair === '*/') {
      depth -= 1;
      i += 2;
      if (depth === 0) return i;
    } else {
      i += 1;
    }
  }
  return -1;
}

/** First character at or after `at` that is neither space nor comment; -1 inside a comment that does not end. */
function skipTrivia(text: string, at: number): number {
  let i = at;
  for (;;) {
    const space = matchEnd(SPACE, text, i);
    const line = space === -1 ? matchEnd(LINE_COMMENT, text, i) : space;
    if (line !== -1) {
      i = line;
    } else if (text.startsWith('/*', i)) {
      i = blockCommentEnd(text, i);
      if (i === -1) return -1;
    } else {
      return i;
    }
  }
}

function quotedToken(text: string, start: number): SqlToken | undefined {
  const first = text[start];
  const token = (kind: SqlToken['kind'], end: number): SqlToken =>
    end === -1
      ? { kind: 'broken', text: text.slice(start, start + 1), start, end: text.length }
      : { kind, text: text.slice(start, end), start, end };
  if (first === "'") return token('string', matchEnd(SINGLE_QUOTED, text, start));
  if (first === '"') return token('quoted-name', matchEnd(DOUBLE_QUOTED, text, start));
  if (first === '`') return token('quoted-name', matchEnd(BACK_QUOTED, text, start));
  if (first === '$') {
    const tagEnd = matchEnd(HEREDOC_TAG, text, start);
    if (tagEnd === -1) return undefined;
    const close = text.indexOf(text.slice(start, tagEnd), tagEnd);
    return close === -1 ? undefined : token('string', close + tagEnd - start);
  }
  if (matchEnd(CURLY_OPEN, text, start) === -1) return undefined;
  const single = matchEnd(CURLY_SINGLE, text, start);
  return single === -1 ? token('quoted-name', matchEnd(CURLY_DOUBLE, text, start)) : token('string', single);
}

/** The tokens of `text`, lazily: the data after an INSERT's head is never looked at unless asked for. */
export function* sqlTokens(text: string): Generator<SqlToken, void, undefined> {
  for (let at = 0; ; ) {
    const start = skipTrivia(text, at);
    if (start === -1) {
      yield { kind: 'broken', text: '/*', start: at, end: text.length };
      return;
    }
    if (start >= text.length) return;
    let token = quotedToken(text, start);
    if (token === undefined) {
      const word = matchEnd(WORD, text, start);
      const number = word === -1 ? matchEnd(NUMBER, text, start) : -1;
      const end = word !== -1 ? word : number !== -1 ? number : start + 1;
      const kind = word !== -1 ? 'word' : number !== -1 ? 'number' : 'punctuation';
      const raw = text.slice(start, end);
      token = { kind, text: kind === 'word' ? raw.toUpperCase() : raw, start, end };
    }
    yield token;
    at = token.end;
  }
}
