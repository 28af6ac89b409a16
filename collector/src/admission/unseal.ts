import { gunzipSync } from 'node:zlib';
import { Encoding, ErrorReason, type Limits } from '@telemetry/gen';
import type { PublishEnvelope } from './parse-publish-request.ts';
import { Refusal } from './refusal.ts';

/** Smallest gzip member: 10 bytes of header, 2 of an empty deflate stream, 8 of trailer (RFC 1952). */
const GZIP_MEMBER_SIZE_BYTES_MIN = 20;
/** Output is made in chunks of at least this size, so that a trailer that lies about the size costs little. */
const OUTPUT_CHUNK_SIZE_BYTES_MIN = 1024;

/**
 * The serialized `EventBatch` of an envelope, within the limits of both forms.
 *
 * @throws Refusal when it is too large in either form, of an unknown encoding, or not of the encoding it claims
 */
export function unseal(envelope: PublishEnvelope, limits: Limits): Uint8Array {
  const { content, encoding } = envelope;
  if (envelope.isSealed && content.length > limits.sealedBytesMax) {
    const message = `The sealed batch has ${content.length} bytes; at most ${limits.sealedBytesMax}. Halve it.`;
    throw new Refusal({ reason: ErrorReason.SEALED_TOO_LARGE, field: 'sealed.bytes', message });
  }
  if (encoding === Encoding.GZIP) return gunzip(content, limits.batchBytesMax);
  if (encoding !== Encoding.IDENTITY) {
    const message = `Encoding ${encoding} is not known. Use ENCODING_IDENTITY (1) or ENCODING_GZIP (2).`;
    throw new Refusal({ reason: ErrorReason.BAD_ENCODING, field: 'sealed.encoding', message });
  }
  if (content.length > limits.batchBytesMax) throw batchTooLarge(limits.batchBytesMax);
  return content;
}

function gunzip(content: Uint8Array, sizeBytesMax: number): Uint8Array {
  if (content.length < GZIP_MEMBER_SIZE_BYTES_MIN)
    throw notGzip(`${content.length} bytes are fewer than any gzip stream has`);
  // The trailer's size, one byte spared so that zlib sees the end without growing. A hint only: it may lie, and counts one member.
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const claimedSizeBytes = view.getUint32(content.length - 4, true);
  const chunkSize = Math.min(Math.max(claimedSizeBytes + 1, OUTPUT_CHUNK_SIZE_BYTES_MIN), sizeBytesMax + 1);
  let result: { buffer: Uint8Array; engine: { bytesWritten: number } };
  try {
    result = gunzipSync(content, { maxOutputLength: sizeBytesMax, chunkSize, info: true }) as unknown as typeof result;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw batchTooLarge(sizeBytesMax);
    throw notGzip(error instanceof Error ? error.message : String(error));
  }
  // zlib ignores what follows the last member; the engine, which reads these bytes again, does not.
  if (result.engine.bytesWritten !== content.length) {
    throw notGzip(`${content.length - result.engine.bytesWritten} bytes follow the last gzip member`);
  }
  return result.buffer;
}

function notGzip(detail: string): Refusal {
  const message = `The bytes are not gzip (${detail}). Send gzip as of RFC 1952, or ENCODING_IDENTITY.`;
  return new Refusal({ reason: ErrorReason.BAD_ENCODING, field: 'sealed.bytes', message });
}

function batchTooLarge(sizeBytesMax: number): Refusal {
  const message = `The batch has more than ${sizeBytesMax} bytes when decompressed. Halve it.`;
  return new Refusal({ reason: ErrorReason.BATCH_TOO_LARGE, field: 'batch', message });
}
