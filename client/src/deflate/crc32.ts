/** A checksum as zip and gzip have it. */
export type Crc32 = (bytes: Uint8Array) => number;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

/** In JavaScript, for where the platform has none of its own: about 300 MB/s. */
export const tableCrc32: Crc32 = (bytes) => {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  }
  return ~value >>> 0;
};
