import { lineBytesMax } from './limits.ts';

const newline = 0x0a;

/** Cuts chunks of bytes into lines, without their newline, and counts them. Holds no more than one line. */
export class LineSplitter {
  /** Number of the line that was given last, from 1. */
  lineNumber = 0;
  readonly #lineBytesMax: number;
  #parts: Uint8Array[] = [];
  #partsBytes = 0;

  constructor(maxBytes: number = lineBytesMax) {
    this.#lineBytesMax = maxBytes;
  }

  /**
   * The lines that end in this chunk. Each is valid until the next one is taken.
   *
   * @throws RangeError when a line is too long, before more of it is kept.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = chunk.subarray(start, end);
      start = end + 1;
      yield this.#complete(line);
    }
    if (start < chunk.length) {
      this.#keep(chunk.slice(start));
    }
  }

  /** The last line, where it does not end with a newline. */
  *finish(): Generator<Uint8Array, void, void> {
    if (this.#partsBytes > 0) {
      yield this.#complete(new Uint8Array(0));
    }
  }

  #complete(tail: Uint8Array): Uint8Array {
    this.lineNumber += 1;
    if (this.#partsBytes === 0) {
      this.#checkLength(tail.length);
      return tail;
    }
    this.#checkLength(this.#partsBytes + tail.length);
    const line = new Uint8Array(this.#partsBytes + tail.length);
    let length = 0;
    for (const part of this.#parts) {
      line.set(part, length);
      length += part.length;
    }
    line.set(tail, length);
    this.#parts = [];
    this.#partsBytes = 0;
    return line;
  }

  #keep(part: Uint8Array): void {
    this.#parts.push(part);
    this.#partsBytes += part.length;
    if (this.#partsBytes > this.#lineBytesMax) {
      this.lineNumber += 1;
      this.#checkLength(this.#partsBytes);
    }
  }

  #checkLength(sizeBytes: number): void {
    if (sizeBytes > this.#lineBytesMax) {
      throw new RangeError(`longer than ${this.#lineBytesMax} bytes`);
    }
  }
}
