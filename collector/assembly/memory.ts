// Where things lie in the memory that this module shares with `quick-walker.ts`, which has the same numbers.

/** Rules of a tag: kind, bit, exclusive bits, bound, largest value. */
export const RULE_SIZE_BYTES: u32 = 32;
export const RULE_BIT: u32 = 4;
export const RULE_EXCLUSIVE_BITS: u32 = 8;
export const RULE_BOUND: u32 = 12;
export const RULE_VALUE_MAX: u32 = 16;

/** Places in the state, of doubles. */
export const STATE_FIRST_VARINT: u32 = 0;
export const STATE_SECOND_VARINT: u32 = 8;
export const STATE_TEXT_START: u32 = 16;
export const STATE_TEXT_END: u32 = 24;
export const STATE_SEQ: u32 = 32;
export const STATE_SEQ_MAX: u32 = 40;
export const STATE_TIME_MIN: u32 = 48;
export const STATE_TIME_MAX: u32 = 56;
export const STATE_EVENTS: u32 = 64;
export const STATE_RANGES: u32 = 72;
/** Pairs of the first and the last number of a range. */
export const STATE_RANGE: u32 = 80;
export const RANGE_SIZE_BYTES: u32 = 16;
