import { isUtf8 } from 'node:buffer';
import { Refusal } from './refusal.ts';

const TWO_POW_28 = 2 ** 28;
const TWO_POW_56 = 2 ** 56;
const UINT32_MAX = 2 ** 32 - 1;
/** Field number 1 with wire type 0. */
const FIRST_TAG = 1 << 3;
const TAG_SIZE_BYTES_MAX = 5;
/** Up to here the loop wins over `isUtf8`, with its view of the bytes (measured). */
const SHORT_TEXT_SIZE_BYTES_MAX = 256;

/**
 * Reads the protobuf encoding in place. Every method checks `end` first, so that a length that lies cannot lead outside the message
 * that it stands in.
 */
export class WireCursor {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;

  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.position = 0;
  }

  /**
   * Reads a varint as a number. Values above 2^53 lose their low bits, which no check here needs: all they must be is too large. A
   * negative int64 is one of them.
   */
  varint(end: number): number {
    const bytes = this.bytes;
    let position = this.position;
    if (position < end) {
      const first = bytes[position] as number;
      if (first < 0x80) {
        this.position = position + 1;
        return first;
      }
    }
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      if (position >= end) throw Refusal.malformed('', `The message ends inside a number at byte ${this.position}.`);
      const byte = bytes[position++] as number;
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index < 8) middle |= bits << (7 * (index - 4));
      else high |= bits << (7 * (index - 8));
      if (byte < 0x80) {
        if (index === 9 && byte > 1) break;
        this.position = position;
        return low + middle * TWO_POW_28 + high * TWO_POW_56;
      }
    }
    throw Refusal.malformed('', `The number at byte ${this.position} is longer than 64 bits.`);
  }

  /**
   * Reads a tag: field number times 8, plus wire type. What readers disagree about is refused: field number 0, and a tag that is above
   * 32 bits or written with more bytes than these need at most.
   */
  tag(end: number): number {
    const start = this.position;
    const tag = this.varint(end);
    if (tag >= FIRST_TAG && tag <= UINT32_MAX && this.position - start <= TAG_SIZE_BYTES_MAX) return tag;
    throw Refusal.malformed('', `No field can have the tag ${tag} of ${this.position - start} bytes at byte ${start}.`);
  }

  /**
   * Reads a tag or a length: at most five bytes, which is what the engine's reader takes, where protobuf itself would allow padding.
   */
  varint32(end: number): number {
    const start = this.position;
    const value = this.varint(end);
    if (this.position - start > 5 || value > 0xffff_ffff) {
      throw Refusal.malformed('', `The tag or length at byte ${start} is longer than 32 bits.`);
    }
    return value;
  }

  /** Reads a length and returns where the field ends. */
  lengthDelimitedEnd(end: number): number {
    const length = this.varint32(end);
    const fieldEnd = this.position + length;
    if (fieldEnd > end) {
      throw Refusal.malformed(
        '',
        `A field of ${length} bytes at byte ${this.position} reaches beyond the end of its message.`,
      );
    }
    return fieldEnd;
  }

  /** Whether the bytes from the cursor up to `end` are valid UTF-8. Leaves the cursor where it is. */
  isUtf8(end: number): boolean {
    const bytes = this.bytes;
    let bits = 0;
    // Nearly all texts are short and ASCII: a loop answers before a call into native code would.
    if (end - this.position <= SHORT_TEXT_SIZE_BYTES_MAX) {
      for (let position = this.position; position < end; position++) bits |= bytes[position] as number;
      if (bits < 0x80) return true;
    }
    return isUtf8(bytes.subarray(this.position, end));
  }

  /** Steps over `sizeBytes` bytes. */
  skip(sizeBytes: number, end: number): void {
    if (this.position + sizeBytes > end)
      throw Refusal.malformed('', `The message ends inside a value at byte ${this.position}.`);
    this.position += sizeBytes;
  }

  /** Steps over the value of a field that is not known. Groups are refused: the schema has none and the engine reads none. */
  skipValue(wireType: number, end: number): void {
    switch (wireType) {
      case 0:
        this.varint(end);
        return;
      case 1:
        this.skip(8, end);
        return;
      case 2:
        this.position = this.lengthDelimitedEnd(end);
        return;
      case 5:
        this.skip(4, end);
        return;
      default:
        throw Refusal.malformed('', `Wire type ${wireType} at byte ${this.position} is not one of the schema.`);
    }
  }
}
