import { Encoding, ErrorReason, type Limits } from '@telemetry/gen';
import { Gunzipper } from './gunzip.ts';
import type { PublishEnvelope } from './parse-publish-request.ts';
import { Refusal } from './refusal.ts';

/** Smallest gzip member: 10 bytes of header, 2 of an empty deflate stream, 8 of trailer (RFC 1952). */
const GZIP_MEMBER_SIZE_BYTES_MIN = 20;

/** Opens envelopes one after the other. */
export class Unsealer {
  readonly #limits: Limits;
  readonly #gunzipper: Gunzipper;

  /** @param room where to decompress: a byte more than the largest batch has */
  constructor(limits: Limits, room: Uint8Array) {
    this.#limits = limits;
    this.#gunzipper = new Gunzipper(room);
  }

  /**
   * The serialized `EventBatch` of an envelope, within the limits of both forms. A view, of the envelope or valid until the next call.
   *
   * @throws Refusal when it is too large in either form, of an unknown encoding, or not of the encoding it claims
   */
  unseal(envelope: PublishEnvelope): Uint8Array {
    const { content, encoding } = envelope;
    const { sealedBytesMax, batchBytesMax } = this.#limits;
    if (envelope.isSealed && content.length > sealedBytesMax) {
      const message = `The sealed batch has ${content.length} bytes; at most ${sealedBytesMax}. Halve it.`;
      throw new Refusal({ reason: ErrorReason.SEALED_TOO_LARGE, field: 'sealed.bytes', message });
    }
    if (encoding === Encoding.GZIP) return this.#gunzip(content);
    if (encoding !== Encoding.IDENTITY) {
      const message = `Encoding ${encoding} is not known. Use ENCODING_IDENTITY (1) or ENCODING_GZIP (2).`;
      throw new Refusal({ reason: ErrorReason.BAD_ENCODING, field: 'sealed.encoding', message });
    }
    if (content.length > batchBytesMax) throw batchTooLarge(batchBytesMax);
    return content;
  }

  #gunzip(content: Uint8Array): Uint8Array {
    if (content.length < GZIP_MEMBER_SIZE_BYTES_MIN)
      throw notGzip(`${content.length} bytes are fewer than any gzip stream has`);
    const plain = this.#gunzipper.gunzip(content);
    if (plain instanceof Uint8Array) return plain;
    throw plain.kind === 'too large' ? batchTooLarge(this.#limits.batchBytesMax) : notGzip(plain.detail);
  }
}

function notGzip(detail: string): Refusal {
  const message = `The bytes are not gzip (${detail}). Send gzip as of RFC 1952, or ENCODING_IDENTITY.`;
  return new Refusal({ reason: ErrorReason.BAD_ENCODING, field: 'sealed.bytes', message });
}

function batchTooLarge(sizeBytesMax: number): Refusal {
  const message = `The batch has more than ${sizeBytesMax} bytes when decompressed. Halve it.`;
  return new Refusal({ reason: ErrorReason.BATCH_TOO_LARGE, field: 'batch', message });
}
