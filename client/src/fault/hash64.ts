/**
 * A hash of 64 bits as 16 hexadecimal digits: two FNV-1a hashes of 32 bits with different seeds over the UTF-16 units, then mixed as
 * MurmurHash3 ends. For grouping, where a collision merges two groups: among a million texts the chance of one is 1 in 37 million. Not
 * cryptographic.
 */
export function hash64(text: string): string {
  let high = 0x811c9dc5;
  let low = 0x01000193;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x85ebca6b);
    low ^= low >>> 13;
  }
  return hexadecimal(mix(high ^ (low >>> 16))) + hexadecimal(mix(low ^ Math.imul(high, 0xc2b2ae35)));
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function hexadecimal(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
