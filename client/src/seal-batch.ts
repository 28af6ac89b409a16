import { Encoding } from '@telemetry/gen/constants';
import { defaultGzip, type Gzip } from './gzip.ts';
import { gzipBytesMin } from './limits.ts';
import { type BatchContent, encodeBatch } from './wire/encode-batch.ts';

/** A serialized batch, perhaps compressed: the same bytes however often it is sent. */
export interface SealedBatch {
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
  /** Size before it was compressed. */
  readonly unsealedSizeBytes: number;
  readonly eventCount: number;
}

/**
 * Encodes and seals a batch. Checks no limit: an application's events are checked when they are logged, and a tool that simulates bad
 * clients wants to send bad batches.
 *
 * @param gzip another compressor, such as `gzipSync` of `node:zlib`, which takes half of the time.
 */
export function sealBatch(content: BatchContent, gzip: Gzip = defaultGzip): SealedBatch {
  return sealBytes(encodeBatch(content), content.events.length, gzip);
}

/** Seals an encoded batch: compressed where that makes it smaller. */
export function sealBytes(bytes: Uint8Array, eventCount: number, gzip: Gzip = defaultGzip): SealedBatch {
  return sealCompressed(bytes, bytes.length >= gzipBytesMin ? gzip(bytes) : bytes, eventCount);
}

/** Seals an encoded batch that somebody has compressed: as the smaller of the two. */
export function sealCompressed(bytes: Uint8Array, compressed: Uint8Array, eventCount: number): SealedBatch {
  const encoding = compressed.length < bytes.length ? Encoding.GZIP : Encoding.IDENTITY;
  const smaller = encoding === Encoding.GZIP ? compressed : bytes;
  return { encoding, bytes: smaller, unsealedSizeBytes: bytes.length, eventCount };
}
