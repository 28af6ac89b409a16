import { constants, crc32, deflateRawSync } from 'node:zlib';

const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
/** Type and length of a stored deflate block. */
const STORED_BLOCK_HEADER_SIZE_BYTES = 5;
const TRAILER_SIZE_BYTES = 8;
const STORED_BLOCK_SIZE_BYTES_MAX = 65_535;

/**
 * Makes gzip members that begin with different bytes and go on with the same, at the price of a copy: the beginning stands as a stored
 * deflate block, the rest was compressed once, and the checksum of the whole is put together from those of the parts. What comes out
 * is one ordinary member, as a client makes it.
 */
export class GzipJoin {
  readonly #tail: Uint8Array;
  readonly #tailSizeBytes: number;
  readonly #tailChecksum: number;
  /** What each bit of a checksum becomes when the tail's length in zero bytes follows: the map is linear. */
  readonly #shifted: readonly number[];

  constructor(tail: Uint8Array) {
    this.#tail = deflateRawSync(tail, { level: constants.Z_DEFAULT_COMPRESSION });
    this.#tailSizeBytes = tail.length;
    this.#tailChecksum = crc32(tail);
    const zeros = new Uint8Array(tail.length);
    const ofNothing = crc32(zeros, 0);
    this.#shifted = Array.from({ length: 32 }, (_, bit) => crc32(zeros, 2 ** bit) ^ ofNothing);
  }

  /** Size of what `join` makes with a beginning of this size. */
  sizeBytesWith(headSizeBytes: number): number {
    return HEADER.length + STORED_BLOCK_HEADER_SIZE_BYTES + headSizeBytes + this.#tail.length + TRAILER_SIZE_BYTES;
  }

  /** The gzip of `head`, at most 65,535 bytes, followed by the tail. */
  join(head: Uint8Array): Buffer {
    if (head.length > STORED_BLOCK_SIZE_BYTES_MAX) throw new RangeError(`head: ${head.length} bytes`);
    const target = Buffer.allocUnsafe(this.sizeBytesWith(head.length));
    target.set(HEADER);
    let end = HEADER.length;
    target[end] = 0;
    target.writeUInt16LE(head.length, end + 1);
    target.writeUInt16LE(~head.length & 0xffff, end + 3);
    end += STORED_BLOCK_HEADER_SIZE_BYTES;
    target.set(head, end);
    target.set(this.#tail, end + head.length);
    end += head.length + this.#tail.length;
    target.writeUInt32LE(this.#checksumAfter(crc32(head)), end);
    target.writeUInt32LE((head.length + this.#tailSizeBytes) >>> 0, end + 4);
    return target;
  }

  #checksumAfter(headChecksum: number): number {
    let checksum = this.#tailChecksum;
    for (const [bit, shifted] of this.#shifted.entries()) if ((headChecksum >>> bit) & 1) checksum ^= shifted;
    return checksum >>> 0;
  }
}
