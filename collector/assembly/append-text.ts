import { COLUMN_BASE, COLUMN_USED_SIZE_BYTES } from '../src/columns/column-layout';
import { reserveText } from './grow-columns';

const SIZE_PREFIX_SIZE_BYTES_MAX: u32 = 5;
/** Up to here a text is copied eight bytes at a time, beyond its end if need be; a call costs more than that. */
const SHORT_SIZE_BYTES_MAX: u32 = 64;

/** Appends a text as the engine has it: its size as a varint, then its bytes. Returns where the bytes begin, counted from the column's base. */
export function appendText(column: u32, start: u32, sizeBytes: u32): u32 {
  reserveText(column, sizeBytes + SIZE_PREFIX_SIZE_BYTES_MAX);
  const base = load<u32>(column, COLUMN_BASE);
  let position = base + load<u32>(column, COLUMN_USED_SIZE_BYTES);
  let rest = sizeBytes;
  while (rest >= 0x80) {
    store<u8>(position++, <u8>(rest | 0x80));
    rest >>= 7;
  }
  store<u8>(position++, <u8>rest);
  if (sizeBytes <= SHORT_SIZE_BYTES_MAX) {
    for (let at: u32 = 0; at < sizeBytes; at += 8) store<u64>(position + at, load<u64>(start + at));
  } else {
    memory.copy(position, start, sizeBytes);
  }
  store<u32>(column, position + sizeBytes - base, COLUMN_USED_SIZE_BYTES);
  return position - base;
}
