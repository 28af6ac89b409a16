/** A text of which pieces are replaced, from front to back. */
export class TextPieces {
  readonly #text: string;
  #scrubbed = '';
  #copiedUpTo = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The end of what was replaced last. */
  get replacedUpTo(): number {
    return this.#copiedUpTo;
  }

  /** Replaces what lies from `start` up to `end`, behind what was replaced before. */
  replace(start: number, end: number, replacement: string): void {
    this.#scrubbed += this.#text.slice(this.#copiedUpTo, start) + replacement;
    this.#copiedUpTo = end;
  }

  toString(): string {
    return this.#copiedUpTo === 0 ? this.#text : this.#scrubbed + this.#text.slice(this.#copiedUpTo);
  }
}
