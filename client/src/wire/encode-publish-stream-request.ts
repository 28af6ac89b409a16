import type { Encoding } from '@telemetry/gen/constants';
import { type ByteWriter, varintSizeBytes } from './byte-writer.ts';

/**
 * Writes one entry of `PublishStreamRequest.requests`, with tag and length. All sizes are known beforehand, so the sealed bytes are copied
 * once and nothing is moved.
 */
export function encodePublishRequest(
  writer: ByteWriter,
  encoding: Encoding,
  sealedBytes: Uint8Array,
  attempt: number,
): void {
  // SealedBatch: encoding (tag, value), bytes (tag, length, bytes).
  const sealedSizeBytes = 2 + 1 + varintSizeBytes(sealedBytes.length) + sealedBytes.length;
  // PublishRequest: sealed (tag, length, message), attempt (tag, value).
  const requestSizeBytes = 1 + varintSizeBytes(sealedSizeBytes) + sealedSizeBytes + 1 + varintSizeBytes(attempt);
  writer.byte(0x0a);
  writer.varint(requestSizeBytes);
  writer.byte(0x12);
  writer.varint(sealedSizeBytes);
  writer.byte(0x08);
  writer.byte(encoding);
  writer.byte(0x12);
  writer.bytes(sealedBytes);
  writer.byte(0x18);
  writer.varint(attempt);
}
