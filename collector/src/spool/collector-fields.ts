import { writeVarint } from './record-codec.ts';

const TAG_RECEIVED_TIME = 100 << 3;
const TAG_COLLECTOR_ID = (101 << 3) | 2;
const TAG_CONTENT_DIGEST = (102 << 3) | 1;
const DIGEST_SIZE_BYTES = 8;

/** Serializes the fields of `EventBatch` that the collector sets: `received_time_unix_us`, `collector_id` and `content_digest`. */
export class CollectorFields {
  readonly #buffer: Buffer;
  readonly #idEnd: number;

  /** @param collectorId ASCII, at most 100 characters */
  constructor(collectorId: string) {
    const id = Buffer.from(collectorId, 'ascii');
    this.#buffer = Buffer.alloc(id.length + 40);
    let end = writeVarint(this.#buffer, 0, TAG_COLLECTOR_ID);
    end = writeVarint(this.#buffer, end, id.length);
    this.#buffer.set(id, end);
    end = writeVarint(this.#buffer, end + id.length, TAG_CONTENT_DIGEST);
    this.#idEnd = end;
  }

  /** The fields; a view that is valid until the next call. `digest` has at least 8 bytes, of which 8 are used. */
  encode(receivedTimeUs: number, digest: Uint8Array): Uint8Array {
    this.#buffer.set(digest.subarray(0, DIGEST_SIZE_BYTES), this.#idEnd);
    let end = writeVarint(this.#buffer, this.#idEnd + DIGEST_SIZE_BYTES, TAG_RECEIVED_TIME);
    end = writeVarint(this.#buffer, end, receivedTimeUs);
    return this.#buffer.subarray(0, end);
  }
}
