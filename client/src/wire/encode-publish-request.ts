import type { Encoding } from '@telemetry/gen/constants';
import { ByteWriter, varintSizeBytes } from './byte-writer.ts';

/** What a `PublishRequest` of a sealed batch takes besides the sealed bytes, at most: two tags and lengths, the encoding, the attempt. */
export const publishRequestOverheadBytes = 24;

/** Behind a `PublishRequest`: it is not the first, whatever it says itself. Of a field that is there twice the last counts. */
export const sentAgain = new Uint8Array([0x18, 2]);

/** Encodes a `PublishRequest`. */
export function encodePublishRequest(
  encoding: Encoding,
  sealedBytes: Uint8Array,
  attempt: number,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(sealedBytes.length + publishRequestOverheadBytes);
  writeRequest(writer, encoding, sealedBytes, attempt);
  return writer.copy();
}

/** Writes a `PublishRequest` as an entry of `PublishStreamRequest.requests`, with tag and length. */
export function writeStreamRequest(
  writer: ByteWriter,
  encoding: Encoding,
  sealedBytes: Uint8Array,
  attempt: number,
): void {
  const sealedSizeBytes = sealedBatchSizeBytes(sealedBytes);
  // PublishRequest: sealed (tag, length, message), attempt (tag, value).
  const requestSizeBytes = 1 + varintSizeBytes(sealedSizeBytes) + sealedSizeBytes + 1 + varintSizeBytes(attempt);
  writer.byte(0x0a);
  writer.varint(requestSizeBytes);
  writeRequest(writer, encoding, sealedBytes, attempt);
}

/** All sizes are known beforehand, so the sealed bytes are copied once and nothing is moved. */
function writeRequest(writer: ByteWriter, encoding: Encoding, sealedBytes: Uint8Array, attempt: number): void {
  writer.byte(0x12);
  writer.varint(sealedBatchSizeBytes(sealedBytes));
  writer.byte(0x08);
  writer.byte(encoding);
  writer.byte(0x12);
  writer.bytes(sealedBytes);
  writer.byte(0x18);
  writer.varint(attempt);
}

/** SealedBatch: encoding (tag, value), bytes (tag, length, bytes). */
function sealedBatchSizeBytes(sealedBytes: Uint8Array): number {
  return 2 + 1 + varintSizeBytes(sealedBytes.length) + sealedBytes.length;
}
