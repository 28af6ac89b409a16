import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/** Walks tokens with one token of look-ahead. */
export class TokenCursor {
  readonly #tokens: Generator<SqlToken, void, undefined>;
  #next: SqlToken | undefined;
  /** One past the last token taken. */
  end = 0;

  constructor(text: string) {
    this.#tokens = sqlTokens(text);
    this.#next = this.#tokens.next().value ?? undefined;
  }

  /** The token to come, if any. */
  peek(): SqlToken | undefined {
    return this.#next;
  }

  take(): SqlToken | undefined {
    const token = this.#next;
    if (token !== undefined) {
      this.end = token.end;
      this.#next = this.#tokens.next().value ?? undefined;
    }
    return token;
  }

  /** Whether the token to come is the word `word` (upper case). */
  atWord(word: string): boolean {
    return this.#next?.kind === 'word' && this.#next.text === word;
  }

  atPunctuation(mark: string): boolean {
    return this.#next?.kind === 'punctuation' && this.#next.text === mark;
  }

  /** Takes the word `word` if it comes. */
  takeWord(word: string): boolean {
    if (!this.atWord(word)) return false;
    this.take();
    return true;
  }

  /** Takes a bracketed group if one comes; false when there is none or it does not close. */
  takeGroup(): boolean {
    if (!isOpening(this.#next)) return false;
    let depth = 0;
    for (;;) {
      const token = this.take();
      if (token === undefined || token.kind === 'broken') return false;
      if (isOpening(token)) depth += 1;
      else if (isClosing(token)) depth -= 1;
      if (depth === 0) return true;
    }
  }
}

export function isOpening(token: SqlToken | undefined): boolean {
  return token?.kind === 'punctuation' && (token.text === '(' || token.text === '[' || token.text === '{');
}

export function isClosing(token: SqlToken | undefined): boolean {
  return token?.kind === 'punctuation' && (token.text === ')' || token.text === ']' || token.text === '}');
}
