// Where things lie in the memory of `quick-memory.ts`, for both sides: `collector/assembly` is compiled with this file too, so it has whole numbers and
// no types.

/** What stands behind a tag; 0 is a tag that the schema does not have. */
export const QUICK_VARINT = 1;
export const QUICK_TEXT = 2;
export const QUICK_BYTES = 3;
export const QUICK_MESSAGE = 4;
export const QUICK_FIXED = 5;
export const QUICK_FINITE = 6;

/** Field numbers are below 32, so tags are below this. */
export const QUICK_TAGS = 256;

/** Rules of a tag: its kind comes first. */
export const RULE_SIZE_BYTES = 32;
export const RULE_BIT = 4;
export const RULE_EXCLUSIVE_BITS = 8;
export const RULE_BOUND = 12;
export const RULE_VALUE_MAX = 16;

/** Bytes from the beginning of the state, which has doubles. */
export const STATE_FIRST_VARINT = 0;
export const STATE_SECOND_VARINT = 8;
export const STATE_TEXT_START = 16;
export const STATE_TEXT_END = 24;
export const STATE_SEQ = 32;
export const STATE_SEQ_MAX = 40;
export const STATE_TIME_MIN = 48;
export const STATE_TIME_MAX = 56;
export const STATE_EVENTS = 64;
export const STATE_RANGES = 72;
/** From here on pairs of the first and the last number of a range. */
export const STATE_RANGE = 80;
export const RANGE_SIZE_BYTES = 16;
