const encoder = new TextEncoder();

/** Up to this many UTF-16 units a text is written unit by unit; above it the platform's encoder is faster. Measured on Node 24. */
const shortTextUnits = 32;

/**
 * Writes protobuf into one growing array.
 *
 * Written by hand because this is the client's hot path: protobuf-es collects chunks and joins them, which costs several times as much
 * for events of a hundred bytes.
 */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacityBytes = 1024) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. Setting it back forgets what was written behind it. */
  get length(): number {
    return this.#length;
  }

  /** Forgets everything from this length on. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** A copy of what was written. */
  copy(start = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, this.#length);
  }

  /** What was written, without a copy: valid until the next write. */
  view(start = 0): Uint8Array {
    return this.#bytes.subarray(start, this.#length);
  }

  /** One byte; also a tag of a field number below 16. */
  byte(value: number): void {
    this.#ensure(1);
    this.#bytes[this.#length++] = value;
  }

  /** A varint of a whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#ensure(8);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    if (value > 0xffff_ffff) {
      // Above 32 bits the bit operators do not reach: four bytes of the lower 28 bits, and what is left has at most 25.
      rest = Math.floor(value / 0x1000_0000);
      const low = value - rest * 0x1000_0000;
      bytes[at++] = (low & 0x7f) | 0x80;
      bytes[at++] = ((low >>> 7) & 0x7f) | 0x80;
      bytes[at++] = ((low >>> 14) & 0x7f) | 0x80;
      bytes[at++] = (low >>> 21) | 0x80;
    }
    rest = rest >>> 0;
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest = rest >>> 7;
    }
    bytes[at++] = rest;
    this.#length = at;
  }

  /** A varint of an int64 from -(2^53 - 1) on: ten bytes when negative. */
  signedVarint(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    this.#ensure(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let count = 0; count < 9; count++) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest = rest >> 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  /** A double. */
  double(value: number): void {
    this.#ensure(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#ensure(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Bytes with their length in front. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** A tag of one byte and text as UTF-8, with its length in front. */
  text(tag: number, value: string): void {
    const units = value.length;
    if (units > shortTextUnits || !this.#shortAscii(tag, value, units)) {
      this.#encodedText(tag, value, units);
    }
  }

  /** A tag of one byte, behind which a message begins, with its length in front; give what it returns to `endMessage`. */
  beginMessage(tag: number): number {
    this.#ensure(2);
    this.#bytes[this.#length] = tag;
    this.#length += 2;
    return this.#length;
  }

  /** Ends the message: sets its length, and makes room for it when one byte does not hold it. */
  endMessage(start: number): void {
    this.#setLength(start, this.#length - start);
  }

  /** The same, one byte a unit, as long as all are ASCII; otherwise writes nothing and says so. */
  #shortAscii(tag: number, value: string, units: number): boolean {
    this.#ensure(units + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = tag;
    bytes[at++] = units;
    for (let index = 0; index < units; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) {
        return false;
      }
      bytes[at++] = unit;
    }
    this.#length = at;
    return true;
  }

  #encodedText(tag: number, value: string, units: number): void {
    // Three bytes are the most that UTF-8 needs for one UTF-16 unit.
    this.#ensure(units * 3 + 6);
    this.#bytes[this.#length] = tag;
    const start = this.#length + 2;
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(start));
    this.#length = start + written;
    this.#setLength(start, written);
  }

  #setLength(start: number, sizeBytes: number): void {
    if (sizeBytes < 0x80) {
      this.#bytes[start - 1] = sizeBytes;
      return;
    }
    const extra = varintSizeBytes(sizeBytes) - 1;
    this.#ensure(extra);
    this.#bytes.copyWithin(start + extra, start, start + sizeBytes);
    this.#length = start - 1;
    this.varint(sizeBytes);
    this.#length += sizeBytes;
  }

  #ensure(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) {
      return;
    }
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Bytes that a varint of this number takes. */
export function varintSizeBytes(value: number): number {
  let sizeBytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) {
    sizeBytes += 1;
  }
  return sizeBytes;
}
