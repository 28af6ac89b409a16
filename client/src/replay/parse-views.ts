const space = 0x20;
const tab = 0x09;
const carriageReturn = 0x0d;
const zero = 0x30;
const excerptBytes = 20;

/**
 * Reads the numbers of a line into `views`, and returns how many there are; 0 for a line of blanks. By hand, byte by byte: a file has
 * millions of numbers.
 *
 * @param views has room for half as many numbers as the line has bytes, rounded up.
 * @throws RangeError that says what is wrong, when there is something other than whole numbers from 1 to `categoryCount`.
 */
export function parseViews(line: Uint8Array, categoryCount: number, views: Uint16Array): number {
  const length = line.length;
  let count = 0;
  let at = 0;
  while (at < length) {
    const byte = line[at] ?? 0;
    if (byte === space || byte === carriageReturn || byte === tab) {
      at += 1;
      continue;
    }
    const start = at;
    let value = 0;
    for (; at < length; at++) {
      const digit = (line[at] ?? 0) - zero;
      if (digit < 0 || digit > 9) {
        break;
      }
      value = value * 10 + digit;
      if (value > categoryCount) {
        throw badNumber(line, start, categoryCount);
      }
    }
    const after = at < length ? line[at] : space;
    if (value === 0 || (after !== space && after !== carriageReturn && after !== tab)) {
      throw badNumber(line, start, categoryCount);
    }
    views[count++] = value;
  }
  return count;
}

function badNumber(line: Uint8Array, start: number, categoryCount: number): RangeError {
  const word = /^[^\s]*/.exec(new TextDecoder().decode(line.subarray(start)))?.[0] ?? '';
  const excerpt = JSON.stringify(word.length > excerptBytes ? `${word.slice(0, excerptBytes)}…` : word);
  return new RangeError(
    `${excerpt} is not a category: expected numbers from 1 to ${categoryCount} with spaces between them`,
  );
}
