/** The upper bit of each of eight bytes. */
const UPPER_BITS: u64 = 0x8080_8080_8080_8080;

/** Where the last varint ended. */
export let varintEnd: u32 = 0;

/**
 * A varint of at most eight bytes, read at once and not byte by byte. One that is longer, or reaches beyond `end`, gets `varintEnd` 0: the other walker
 * says what is wrong with it. May read up to seven bytes behind `end`, which are not looked at.
 */
export function readVarint(position: u32, end: u32): u64 {
  const bytes = load<u64>(position);
  const last = ~bytes & UPPER_BITS;
  const next = position + (<u32>ctz(last) >> 3) + 1;
  if (last === 0 || next > end) {
    varintEnd = 0;
    return 0;
  }
  varintEnd = next;
  // Seven bits of each byte up to the last, pushed together in pairs: bytes, then 14 bits, then 28.
  let value = bytes & (last ^ (last - 1)) & ~UPPER_BITS;
  value = (value & 0x007f_007f_007f_007f) | ((value & 0x7f00_7f00_7f00_7f00) >> 1);
  value = (value & 0x0000_3fff_0000_3fff) | ((value & 0x3fff_0000_3fff_0000) >> 2);
  return (value & 0x0000_0000_0fff_ffff) | ((value & 0x0fff_ffff_0000_0000) >> 4);
}

/** A tag or size of two bytes at most, the first of which is at `position`; -1 when it has more, and where it would reach beyond `end`. */
export function readTwoBytes(position: u32, end: u32): i32 {
  if (position + 2 > end) return -1;
  const upper = load<u8>(position, 1);
  return upper >= 0x80 ? -1 : (load<u8>(position) & 0x7f) | ((<i32>upper) << 7);
}
