/** The upper bit of each of eight bytes: none is set in eight characters of ASCII. */
const NOT_ASCII: u64 = 0x8080_8080_8080_8080;

/** Whether what is not ASCII is UTF-8 nevertheless. */
declare function isUtf8(start: u32, end: u32): bool;

/** Whether the bytes are UTF-8. */
export function isText(start: u32, end: u32): bool {
  const sizeBytes = end - start;
  let bits: u64 = 0;
  if (sizeBytes >= 8) {
    // Eight bytes at a time; the last eight may have been looked at before.
    const last = end - 8;
    bits = load<u64>(last);
    for (let position = start; position < last; position += 8) bits |= load<u64>(position);
  } else if (sizeBytes >= 4) {
    bits = load<u32>(start) | load<u32>(end - 4);
  } else {
    for (let position = start; position < end; position++) bits |= load<u8>(position);
  }
  return (bits & NOT_ASCII) === 0 || isUtf8(start, end);
}
