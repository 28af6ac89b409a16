import { ColumnEncoder } from './column-encoder.ts';

/** One that has more memory, after a batch of the largest kind, is not kept. Usual ones have 26 MiB, of which 12 were ever written. */
const KEPT_SIZE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Encoders for loads, one load after another: the columns of two at the same time are complete when those of both are, and the engine, which could have
 * begun with the first, has nothing to do until then. A load that takes long, because the warehouse does not read, does not hold up the next one for ever.
 *
 * Each is kept for the next load: memory of WebAssembly goes when the garbage collector finds it, which may be late.
 */
export class ColumnEncoders {
  readonly #idle: ColumnEncoder[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #messageSizeBytesMax: number;
  readonly #waitMsMax: number;
  #taken = 0;

  /**
   * @param messageSizeBytesMax of a batch with what the collector adds
   * @param waitMsMax longest wait for the load before
   */
  constructor(messageSizeBytesMax: number, waitMsMax: number) {
    this.#messageSizeBytesMax = messageSizeBytesMax;
    this.#waitMsMax = waitMsMax;
  }

  /**
   * Resolves when the encoder that was taken before is given back, or the longest wait is over.
   *
   * @throws RangeError when there is no memory for another one; the next load does not wait for this one then
   */
  async take(): Promise<ColumnEncoder> {
    if (this.#taken++ > 0) await this.#turn();
    try {
      return this.#idle.pop() ?? new ColumnEncoder(this.#messageSizeBytesMax);
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  giveBack(encoder: ColumnEncoder): void {
    if (encoder.sizeBytes <= KEPT_SIZE_BYTES_MAX) {
      encoder.clear();
      this.#idle.push(encoder);
    }
    this.#leave();
  }

  #leave(): void {
    this.#taken--;
    const [next] = this.#waiting;
    next?.();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      const begin = () => {
        clearTimeout(timer);
        this.#waiting.delete(begin);
        resolve();
      };
      const timer = setTimeout(begin, this.#waitMsMax).unref();
      this.#waiting.add(begin);
    });
  }
}
