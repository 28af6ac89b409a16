const decoder = new TextDecoder();

/** Bytes that are not what they should be. */
class WireError extends Error {
  override readonly name = 'WireError';
}

/**
 * Reads protobuf from one array, by hand for the same reason as it is written by hand: acknowledgements come by the ten thousand a second
 * where many machines are simulated, and the client's own bundle stays small.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  position: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.position >= this.#end;
  }

  /** A varint as a number: exact up to 2^53 - 1, and near it above. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        return value;
      }
      factor *= 128;
    }
    throw new WireError(`a number at byte ${this.position} is longer than ten bytes`);
  }

  /** A varint of an int32 or int64 that may be negative. */
  signedVarint(): number {
    const start = this.position;
    const value = this.varint();
    if (this.position - start < 10) {
      return value;
    }
    let exact = 0n;
    for (let index = 0; index < 10; index++) {
      exact |= BigInt((this.#bytes[start + index] ?? 0) & 0x7f) << BigInt(index * 7);
    }
    return Number(BigInt.asIntN(64, exact));
  }

  /** Reads a length, moves behind what it covers, and returns where that begins. */
  lengthDelimited(): number {
    const sizeBytes = this.varint();
    const start = this.position;
    if (sizeBytes > this.#end - start) {
      throw new WireError(`a field at byte ${start} says ${sizeBytes} bytes, and ${this.#end - start} are left`);
    }
    this.position = start + sizeBytes;
    return start;
  }

  /** A nested message, to be read by its own reader. */
  message(): ByteReader {
    const start = this.lengthDelimited();
    return new ByteReader(this.#bytes, start, this.position);
  }

  text(): string {
    const start = this.lengthDelimited();
    return decoder.decode(this.#bytes.subarray(start, this.position));
  }

  /** Moves behind a field whose tag was read. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === 0) {
      this.varint();
    } else if (wireType === 2) {
      this.lengthDelimited();
    } else if (wireType === 1 || wireType === 5) {
      this.#advance(wireType === 1 ? 8 : 4);
    } else {
      throw new WireError(`a field at byte ${this.position} has the wire type ${wireType}, which is not used here`);
    }
  }

  #advance(sizeBytes: number): void {
    this.position += sizeBytes;
    if (this.position > this.#end) {
      throw new WireError(`the message ends in the middle of a field, at byte ${this.#end}`);
    }
  }

  #byte(): number {
    if (this.position >= this.#end) {
      throw new WireError(`the message ends in the middle of a field, at byte ${this.#end}`);
    }
    return this.#bytes[this.position++] ?? 0;
  }
}
