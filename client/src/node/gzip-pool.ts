import { constants, crc32, createGzip, type Gzip, type ZlibReset } from 'node:zlib';
import { defaultGzip } from '../gzip.ts';
import { gzipChunkBytes, sealsAtOnce } from '../limits.ts';
import { joinBytes } from '../wire/join-bytes.ts';

/**
 * gzip on a thread of Node's pool, by streams that are used again: each has 268 kB of tables, and one made for each batch has V8 look for
 * garbage ten times as often. A batch has one way to the thread and back.
 */
export class GzipPool {
  readonly #level: number;
  #idle: ReusedGzip[] = [];

  constructor(level: number) {
    this.#level = level;
  }

  /** Compresses into one gzip member. Does not reject: what zlib cannot do, for want of memory, is done here. */
  async compress(bytes: Uint8Array): Promise<Uint8Array> {
    const stream = this.#idle.pop() ?? new ReusedGzip(this.#level);
    const compressed = await stream.compress(bytes).catch(() => undefined);
    if (compressed === undefined || !isMemberOf(compressed, bytes)) {
      stream.close();
      return defaultGzip(bytes);
    }
    if (this.#idle.length < sealsAtOnce) {
      this.#idle.push(stream);
    } else {
      stream.close();
    }
    return compressed;
  }
}

/**
 * Whether this begins and ends as the gzip member of these bytes: a stream that is used again must never give one batch a part of another. The
 * checksum of 66 kB takes a hundredth of what compressing them does.
 */
export function isMemberOf(compressed: Uint8Array, bytes: Uint8Array): boolean {
  const { buffer, byteOffset, length } = compressed;
  if (length < memberBytesMin || compressed[0] !== 0x1f || compressed[1] !== 0x8b) {
    return false;
  }
  const view = new DataView(buffer, byteOffset, length);
  return view.getUint32(length - 8, true) === crc32(bytes) && view.getUint32(length - 4, true) === bytes.length;
}

/** Header of ten bytes, an empty block of two, checksum and size. */
const memberBytesMin = 20;

class ReusedGzip {
  readonly #stream: Gzip & ZlibReset;
  #pieces: Uint8Array[] = [];

  constructor(level: number) {
    // Each write is a member of its own, finished when its callback comes.
    const options = { level, flush: constants.Z_FINISH, chunkSize: gzipChunkBytes };
    // The types know of a reset for zlib's own format alone.
    this.#stream = createGzip(options) as Gzip & ZlibReset;
    this.#stream.on('data', (piece: Uint8Array) => this.#pieces.push(piece));
    // Told to the callback of the write, too.
    this.#stream.on('error', () => {});
  }

  compress(bytes: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error) {
          reject(error);
        } else {
          this.#stream.reset();
          // A copy: the pieces lie in chunks of the stream, which would be held with them.
          resolve(joinBytes(this.#pieces.splice(0)));
        }
      });
    });
  }

  close(): void {
    this.#stream.close();
  }
}
