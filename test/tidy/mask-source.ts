/**
 * Blanks out comments, and on demand the content of literals, so that rules about code do not find themselves in prose. Every
 * character keeps its place, so that offsets and lines stay.
 *
 * A scanner and not a parser: it knows quotes, templates, comments and regular expressions, which is what can hide one another.
 */
export function maskComments(text: string): string {
  return new Scanner(text, false).run();
}

/** As `maskComments`, and blanks what stands in strings, templates and regular expressions; code inside `${…}` stays. */
export function maskLiterals(text: string): string {
  return new Scanner(text, true).run();
}

/** After these a slash begins a regular expression, after anything else it divides. */
const regexMayFollow =
  /(?:^|[=(,;:!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|delete|throw|new|else|do|yield|await))\s*$/;

class Scanner {
  readonly #text: string;
  readonly #maskLiterals: boolean;
  #out = '';
  #position = 0;

  constructor(text: string, maskLiterals: boolean) {
    this.#text = text;
    this.#maskLiterals = maskLiterals;
  }

  run(): string {
    this.#code(undefined);
    return this.#out;
  }

  /** Copies code up to the brace that closes a template's `${`, or to the end. */
  #code(closing: '}' | undefined): void {
    let depth = 0;
    while (this.#position < this.#text.length) {
      const char = this.#text.charAt(this.#position);
      if (closing !== undefined && char === '}' && depth === 0) {
        return;
      }
      depth += char === '{' ? 1 : char === '}' ? -1 : 0;
      if (!this.#special(char)) {
        this.#keep(1);
      }
    }
  }

  /** Handles what is not plain code; false when this character is. */
  #special(char: string): boolean {
    const next = this.#text.charAt(this.#position + 1);
    if (char === '/' && next === '/') {
      this.#mask(this.#until(/$/gm, 0));
    } else if (char === '/' && next === '*') {
      this.#mask(this.#until(/\*\//g, 2));
    } else if (char === "'" || char === '"') {
      this.#literal(/^(['"])(?:\\[\s\S]|(?!\1)[^\\\n])*/);
    } else if (char === '`') {
      this.#template();
    } else if (char === '/' && regexMayFollow.test(this.#out.slice(-40))) {
      this.#literal(/^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+/);
    } else {
      return false;
    }
    return true;
  }

  /** A literal whose content the pattern matches, its opening character included; the closing one has the same width. */
  #literal(pattern: RegExp): void {
    const content = pattern.exec(this.#text.slice(this.#position))?.[0].length ?? 1;
    this.#keep(1);
    this.#content(content - 1);
    this.#keep(1);
  }

  #template(): void {
    this.#keep(1);
    while (this.#position < this.#text.length) {
      const char = this.#text.charAt(this.#position);
      if (char === '`') {
        this.#keep(1);
        return;
      }
      if (char === '$' && this.#text.charAt(this.#position + 1) === '{') {
        this.#keep(2);
        this.#code('}');
        this.#keep(1);
      } else {
        this.#content(char === '\\' ? 2 : 1);
      }
    }
  }

  #until(pattern: RegExp, sizeOfEnd: number): number {
    pattern.lastIndex = this.#position + sizeOfEnd;
    const match = pattern.exec(this.#text);
    return (match === null ? this.#text.length : match.index + sizeOfEnd) - this.#position;
  }

  #content(length: number): void {
    if (this.#maskLiterals) {
      this.#mask(length);
    } else {
      this.#keep(length);
    }
  }

  #keep(length: number): void {
    this.#out += this.#text.slice(this.#position, this.#position + length);
    this.#position += length;
  }

  #mask(length: number): void {
    this.#out += this.#text.slice(this.#position, this.#position + length).replaceAll(/[^\n]/g, ' ');
    this.#position += length;
  }
}
