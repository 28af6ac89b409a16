import { readVarint, varintEnd } from './read-varint';

const VARINT_SIZE_BYTES_MAX: u32 = 10;

/** What was read last. */
export let longVarint: u64 = 0;

/** Reads a varint of up to ten bytes, of which the lower 64 bits count. Returns where it ends; 0 where it has more bytes or reaches beyond `end`. */
export function readLongVarint(position: u32, end: u32): u32 {
  longVarint = readVarint(position, end);
  return varintEnd !== 0 ? varintEnd : readByteByByte(position, end);
}

function readByteByByte(position: u32, end: u32): u32 {
  let value: u64 = 0;
  let shift: u64 = 0;
  const last = min(end, position + VARINT_SIZE_BYTES_MAX);
  for (let at = position; at < last; at++) {
    const byte = load<u8>(at);
    value |= (<u64>(byte & 0x7f)) << shift;
    shift += 7;
    if (byte < 0x80) {
      longVarint = value;
      return at + 1;
    }
  }
  return 0;
}
