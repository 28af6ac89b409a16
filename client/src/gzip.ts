import { BitWriter } from './deflate/bit-writer.ts';
import { tableCrc32 } from './deflate/crc32.ts';
import { deflate } from './deflate/deflate.ts';
import { inflate } from './deflate/inflate.ts';

/** Compresses into one gzip member. */
export type Gzip = (bytes: Uint8Array) => Uint8Array;

/** Compresses into one gzip member on another thread than the application's. Does not reject for any bytes. */
export type GzipAside = (bytes: Uint8Array) => Promise<Uint8Array>;

/** How batches are compressed. */
export interface Compression {
  readonly gzip: Gzip;
  /** For batches that would hold up the application. Not there where the platform has no other thread. */
  readonly gzipAside?: GzipAside | undefined;
}

/** Magic, deflate, no flags, no time, nothing special, an unknown system. */
const header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255] as const;

/** Behind the content: its checksum and its size. */
const trailerBytes = 8;

/**
 * gzip as of RFC 1952, wherever the client runs, and synchronously: a page that is left has no time for the streams of the platform. Our own, since
 * the packages that do it take 5 and 13 KiB of a browser's 30: this takes 2, and the rest of the client is the smaller for it.
 */
export const defaultGzip: Gzip = (bytes) => {
  const writer = new BitWriter(bytes.length + 1024);
  for (const byte of header) {
    writer.byte(byte);
  }
  deflate(bytes, writer);
  writer.uint32(tableCrc32(bytes));
  writer.uint32(bytes.length);
  return writer.copy();
};

/** Decompresses one gzip member with the shortest header, as this client and zlib write it. Throws when it is something else. */
export function gunzip(bytes: Uint8Array): Uint8Array {
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - trailerBytes, trailerBytes);
  return inflate(bytes.subarray(header.length, -trailerBytes), trailer.getUint32(4, true));
}
