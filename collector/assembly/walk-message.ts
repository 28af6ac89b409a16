import {
  QUICK_FINITE,
  QUICK_FIXED,
  QUICK_MESSAGE,
  QUICK_TAGS,
  QUICK_TEXT,
  QUICK_VARINT,
  RULE_BIT,
  RULE_BOUND,
  RULE_EXCLUSIVE_BITS,
  RULE_SIZE_BYTES,
  RULE_VALUE_MAX,
} from '../src/admission/quick-layout';
import { isText } from './is-text';
import { readTwoBytes, readVarint, varintEnd } from './read-varint';

const BIT_OF_FIELD_1: u32 = 1 << 1;
const BIT_OF_FIELD_2: u32 = 1 << 2;
const BIT_OF_FIELD_3: u32 = 1 << 3;
/** Exponent bits of a double in its upper 16: all set means NaN or infinity. */
const EXPONENT: u16 = 0x7ff0;

/** Of the last message that was told yes: value of field 1 and field 2, when they are varints. */
export let firstVarint: u64 = 0;
export let secondVarint: u64 = 0;
/** Where the text in field 3 of that message lies; both 0 when it has none. */
export let textStart: u32 = 0;
export let textEnd: u32 = 0;

let rulesAt: u32 = 0;
let requiredBitsAt: u32 = 0;

/** Where the rules lie: of each message those of its tags, and of each message the bits of what it must have. */
export function useRules(rules: u32, requiredBits: u32): void {
  rulesAt = rules;
  requiredBitsAt = requiredBits;
}

/** Whether the message from `start` up to `end` keeps all rules, with no more than so many map entries. */
export function isUsual(place: u32, start: u32, end: u32, entriesMax: u32): bool {
  const rules = rulesAt + place * RULE_SIZE_BYTES;
  let position = start;
  let seen: u32 = 0;
  let presence: u32 = 0;
  let entries: u32 = 0;
  let first: u64 = 0;
  let second: u64 = 0;
  let thirdStart: u32 = 0;
  let thirdEnd: u32 = 0;
  while (position < end) {
    let tag: i32 = load<u8>(position++);
    if (tag >= 0x80) tag = readTwoBytes(position++ - 1, end);
    if (tag < 0 || tag >= QUICK_TAGS) return false;
    const rule = rules + tag * RULE_SIZE_BYTES;
    const kind: i32 = load<u8>(rule);
    if (kind === 0 || position >= end) return false;
    const exclusive = load<u32>(rule, RULE_EXCLUSIVE_BITS);
    if ((seen & exclusive) !== 0) return false;
    const bit = load<u32>(rule, RULE_BIT);
    seen |= bit;
    if (kind === QUICK_VARINT) {
      let value: u64 = load<u8>(position);
      if (value < 0x80) position++;
      else {
        value = readVarint(position, end);
        position = varintEnd;
        if (position === 0) return false;
      }
      if (value > load<u64>(rule, RULE_VALUE_MAX)) return false;
      if (value !== 0) presence |= bit;
      if (bit === BIT_OF_FIELD_1) first = value;
      else if (bit === BIT_OF_FIELD_2) second = value;
      continue;
    }
    const bound = load<u32>(rule, RULE_BOUND);
    if (kind >= QUICK_FIXED) {
      if (position + bound > end) return false;
      if (kind === QUICK_FINITE && (load<u16>(position, 6) & EXPONENT) === EXPONENT) return false;
      presence |= bit;
      position += bound;
      continue;
    }
    let sizeBytes: i32 = load<u8>(position++);
    if (sizeBytes >= 0x80) sizeBytes = readTwoBytes(position++ - 1, end);
    const fieldEnd = position + sizeBytes;
    if (sizeBytes < 0 || fieldEnd > end) return false;
    if (kind === QUICK_MESSAGE) {
      if (exclusive === 0) entries++;
      if (!isUsual(bound, position, fieldEnd, u32.MAX_VALUE)) return false;
      presence |= bit;
    } else {
      if (<u32>sizeBytes > bound) return false;
      if (sizeBytes > 0) presence |= bit;
      if (kind === QUICK_TEXT && !isText(position, fieldEnd)) return false;
      if (bit === BIT_OF_FIELD_3) {
        thirdStart = position;
        thirdEnd = fieldEnd;
      }
    }
    position = fieldEnd;
  }
  const required = load<u32>(requiredBitsAt + (place / QUICK_TAGS) * sizeof<u32>());
  if (entries > entriesMax || (required & ~presence) !== 0) return false;
  firstVarint = first;
  secondVarint = second;
  textStart = thirdStart;
  textEnd = thirdEnd;
  return true;
}
