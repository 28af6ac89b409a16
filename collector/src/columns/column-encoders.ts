import { ColumnEncoder } from './column-encoder.ts';

/** One that has more memory, after a batch of the largest kind, is not kept. Usual ones have 26 MiB, of which 12 were ever written. */
const KEPT_SIZE_BYTES_MAX = 64 * 1024 * 1024;

/** Encoders for loads at the same time. Each is kept for the next load: memory of WebAssembly goes when the garbage collector finds it, which may be late. */
export class ColumnEncoders {
  readonly #idle: ColumnEncoder[] = [];
  readonly #messageSizeBytesMax: number;

  /** @param messageSizeBytesMax of a batch with what the collector adds */
  constructor(messageSizeBytesMax: number) {
    this.#messageSizeBytesMax = messageSizeBytesMax;
  }

  take(): ColumnEncoder {
    return this.#idle.pop() ?? new ColumnEncoder(this.#messageSizeBytesMax);
  }

  giveBack(encoder: ColumnEncoder): void {
    if (encoder.sizeBytes > KEPT_SIZE_BYTES_MAX) return;
    encoder.clear();
    this.#idle.push(encoder);
  }
}
