import { lineViewsMax } from './limits.ts';
import { LineSplitter } from './line-splitter.ts';
import { parseViews } from './parse-views.ts';
import { SequenceError } from './sequence-error.ts';
import { SequenceHeader } from './sequence-header.ts';

/** One user of a sequence file. */
export interface SequenceUser {
  /** Which user of the file, from 1. */
  readonly number: number;
  /** The categories of the viewed pages in order, as numbers from 1. Overwritten by the next user. */
  readonly views: Uint16Array;
}

const percent = 0x25;

/**
 * Reads a page-view sequence file: comments (`%`), the list of the categories, then a user a line. Give the chunks in order to `push`, then
 * call `finish`.
 */
export class SequenceParser {
  readonly #fileName: string;
  readonly #lines = new LineSplitter();
  readonly #header = new SequenceHeader();
  readonly #views = new Uint16Array(lineViewsMax);
  #categories: readonly string[] | undefined;
  #users = 0;

  /** @param fileName for the error messages. */
  constructor(fileName: string) {
    this.#fileName = fileName;
  }

  /** Names of the categories; the first one is number 1. Known before the first user is. */
  get categories(): readonly string[] {
    return this.#categories ?? [];
  }

  /** Number of the line that was read last. */
  get lineNumber(): number {
    return this.#lines.lineNumber;
  }

  /**
   * The users whose lines end in this chunk.
   *
   * @throws SequenceError naming file and line, at the first line that is not as it should be.
   */
  push(chunk: Uint8Array): Generator<SequenceUser, void, void> {
    return this.#read(this.#lines.push(chunk));
  }

  /**
   * The file ends here: the user of a last line without a newline.
   *
   * @throws SequenceError when that line, or the file as a whole, is not as it should be.
   */
  *finish(): Generator<SequenceUser, void, void> {
    yield* this.#read(this.#lines.finish());
    if (this.#lines.lineNumber === 0) {
      throw new SequenceError(this.#fileName, 'the file is empty; expected a page-view sequence file');
    }
    if (this.#users === 0) {
      const missing = this.#categories === undefined ? 'no list of categories' : 'no users';
      throw this.#error(`${missing} up to the end; expected a header with the categories, then a user a line`);
    }
  }

  *#read(lines: Generator<Uint8Array, void, void>): Generator<SequenceUser, void, void> {
    try {
      for (const line of lines) {
        if (this.#categories === undefined) {
          this.#categories = this.#header.take(line);
        } else if (line[0] !== percent) {
          const count = parseViews(line, this.#categories.length, this.#views);
          if (count > 0) {
            this.#users += 1;
            yield { number: this.#users, views: this.#views.subarray(0, count) };
          }
        }
      }
    } catch (error) {
      throw error instanceof RangeError ? this.#error(error.message, error) : error;
    }
  }

  #error(message: string, cause?: unknown): SequenceError {
    return new SequenceError(this.#fileName, message, { line: this.#lines.lineNumber, cause });
  }
}
