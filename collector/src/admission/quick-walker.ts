import { isUtf8 } from 'node:buffer';
import type { MessageRules } from './message-rules.ts';
import {
  buildQuickRules,
  QUICK_FINITE,
  QUICK_FIXED,
  QUICK_MESSAGE,
  QUICK_TAGS,
  QUICK_TEXT,
  QUICK_VARINT,
  type QuickRules,
} from './quick-rules.ts';

const TWO_POW_28 = 2 ** 28;
/** A varint of more bytes is left to the other walker. */
const VARINT_BITS_MAX = 8 * 7;
/** The upper bit of each of four bytes: none is set in four characters of ASCII. */
const NOT_ASCII = 0x80808080;
/** Exponent bits of a double in its upper 16 bits, little endian: all set means NaN or infinity. */
const EXPONENT_LOW_BYTE = 0xf0;
const EXPONENT_HIGH_BYTE = 0x7f;
const BIT_OF_FIELD_1 = 1 << 1;
const BIT_OF_FIELD_2 = 1 << 2;
const BIT_OF_FIELD_3 = 1 << 3;

/**
 * Says yes to a message in which nothing is wrong and nothing is unusual. What it does not say yes to, `MessageWalker` judges: it may still
 * be right, as a message with fields of a later version is. Nearly all messages are usual, and these take it less than half of the time.
 */
export class QuickWalker {
  /** Of the last message that was told yes: value of field 1 and field 2, when they are varints. */
  firstVarint = 0;
  secondVarint = 0;
  /** Where the text in field 3 of that message lies; both 0 when it has none. */
  thirdTextStart = 0;
  thirdTextEnd = 0;
  readonly #rules: QuickRules;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the last varint ended. */
  #position = 0;

  /** @param messages those that will be walked */
  constructor(messages: readonly MessageRules[]) {
    this.#rules = buildQuickRules(messages);
  }

  /** By which `walk` knows a message. */
  placeOf(rules: MessageRules): number {
    return this.#rules.placeOf(rules);
  }

  /** Begins with other bytes. */
  reset(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether the message from `start` up to `end` keeps all rules, with no more than so many map entries. */
  walk(place: number, start: number, end: number, entriesMax: number): boolean {
    const { kinds, bits, exclusiveBits, bounds, valuesMax, requiredBits } = this.#rules;
    const bytes = this.#bytes;
    let position = start;
    let seen = 0;
    let presence = 0;
    let entries = 0;
    let first = 0;
    let second = 0;
    let thirdStart = 0;
    let thirdEnd = 0;
    while (position < end) {
      let tag = bytes[position++] as number;
      if (tag >= 0x80) tag = this.#twoBytes(position++, end);
      if (tag < 0 || tag >= QUICK_TAGS) return false;
      const at = place + tag;
      const kind = kinds[at] as number;
      if (kind === 0 || position >= end) return false;
      const exclusive = exclusiveBits[at] as number;
      if ((seen & exclusive) !== 0) return false;
      const bit = bits[at] as number;
      seen |= bit;
      if (kind === QUICK_VARINT) {
        let value = bytes[position] as number;
        if (value < 0x80) position++;
        else {
          value = this.#longVarint(position, end);
          position = this.#position;
        }
        if (value < 0 || value > (valuesMax[at] as number)) return false;
        if (value !== 0) presence |= bit;
        if (bit === BIT_OF_FIELD_1) first = value;
        else if (bit === BIT_OF_FIELD_2) second = value;
        continue;
      }
      const bound = bounds[at] as number;
      if (kind >= QUICK_FIXED) {
        if (position + bound > end) return false;
        if (kind === QUICK_FINITE && !isFiniteAt(bytes, position)) return false;
        presence |= bit;
        position += bound;
        continue;
      }
      let size = bytes[position++] as number;
      if (size >= 0x80) size = this.#twoBytes(position++, end);
      const fieldEnd = position + size;
      if (size < 0 || fieldEnd > end) return false;
      if (kind === QUICK_MESSAGE) {
        if (exclusive === 0) entries++;
        if (!this.walk(bound, position, fieldEnd, Number.POSITIVE_INFINITY)) return false;
        presence |= bit;
      } else {
        if (size > bound) return false;
        if (size > 0) presence |= bit;
        if (kind === QUICK_TEXT && !this.#isText(position, fieldEnd)) return false;
        if (bit === BIT_OF_FIELD_3) {
          thirdStart = position;
          thirdEnd = fieldEnd;
        }
      }
      position = fieldEnd;
    }
    if (entries > entriesMax || ((requiredBits[place / QUICK_TAGS] as number) & ~presence) !== 0) return false;
    this.firstVarint = first;
    this.secondVarint = second;
    this.thirdTextStart = thirdStart;
    this.thirdTextEnd = thirdEnd;
    return true;
  }

  /** A tag or size of two bytes, of which `second` is the place of the second; -1 when it has more. */
  #twoBytes(second: number, end: number): number {
    if (second >= end) return -1;
    const upper = this.#bytes[second] as number;
    return upper >= 0x80 ? -1 : ((this.#bytes[second - 1] as number) & 0x7f) | (upper << 7);
  }

  /** A varint of more than one byte, or -1 for one that is too long. Notes where it ends. */
  #longVarint(start: number, end: number): number {
    const bytes = this.#bytes;
    let position = start;
    // Whole numbers of 32 bits until the last line: what is not takes several times as long.
    let low = 0;
    let high = 0;
    let byte = 0x80;
    for (let shift = 0; byte >= 0x80; shift += 7) {
      if (position >= end || shift === VARINT_BITS_MAX) return -1;
      byte = bytes[position++] as number;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else high |= (byte & 0x7f) << (shift - 28);
    }
    this.#position = position;
    return low + high * TWO_POW_28;
  }

  #isText(start: number, end: number): boolean {
    let bits = 0;
    if (end - start >= 4) {
      // Four bytes at a time; the last four may have been looked at before.
      const view = this.#view;
      const last = end - 4;
      for (let position = start; position < last; position += 4) bits |= view.getInt32(position, true);
      bits |= view.getInt32(last, true);
    } else {
      for (let position = start; position < end; position++) bits |= this.#bytes[position] as number;
    }
    return (bits & NOT_ASCII) === 0 || isUtf8(this.#bytes.subarray(start, end));
  }
}

function isFiniteAt(bytes: Uint8Array, position: number): boolean {
  const low = bytes[position + 6] as number;
  const high = bytes[position + 7] as number;
  return (high & EXPONENT_HIGH_BYTE) !== EXPONENT_HIGH_BYTE || (low & EXPONENT_LOW_BYTE) !== EXPONENT_LOW_BYTE;
}
