import { protocolLimits } from '@telemetry/gen/constants';
import { categoriesMax } from './limits.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** What begins every sequence file: comments, the page categories in one line, comments. */
export class SequenceHeader {
  #commentSeen = false;

  /**
   * Takes the next line of the file, and returns the categories when it is the line that lists them.
   *
   * @throws RangeError that says what is expected, when a sequence file has no such line there.
   */
  take(line: Uint8Array): readonly string[] | undefined {
    const text = decodeLine(line).trim();
    if (text === '') {
      return undefined;
    }
    if (text.startsWith('%')) {
      this.#commentSeen = true;
      return undefined;
    }
    if (!this.#commentSeen) {
      throw new RangeError(
        `not a sequence file: expected a comment ("% …") as the first line, then the list of the categories`,
      );
    }
    return checkCategories(text.split(/\s+/));
  }
}

function decodeLine(line: Uint8Array): string {
  try {
    return decoder.decode(line);
  } catch (cause) {
    throw new RangeError('not a sequence file: expected text in UTF-8', { cause });
  }
}

function checkCategories(categories: readonly string[]): readonly string[] {
  const expected = 'expected the names of the page categories with spaces between them';
  const number = categories.find((name) => /^\d+$/.test(name));
  if (number !== undefined) {
    throw new RangeError(`${number} is no name of a category: ${expected}, before the first user`);
  }
  const twice = categories.find((name, index) => categories.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new RangeError(`the category ${JSON.stringify(twice)} is there twice: ${expected}, each once`);
  }
  const long = categories.find((name) => Buffer.byteLength(name) > protocolLimits.nameBytesMax);
  if (long !== undefined) {
    throw new RangeError(`a category has more than ${protocolLimits.nameBytesMax} bytes: ${expected}`);
  }
  if (categories.length > categoriesMax) {
    throw new RangeError(`${categories.length} categories: expected at most ${categoriesMax}`);
  }
  return categories;
}
