import { randomInt } from 'node:crypto';

/** Random choices that repeat from a seed: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0, below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** A whole number from `first` to `last`. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  bytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: sizeBytes }, () => this.below(256));
  }

  /** Text of a size in bytes of UTF-8; with `wide`, of characters of one to four bytes. */
  text(sizeBytes: number, wide = false): string {
    let text = '';
    let left = sizeBytes;
    while (left > 0) {
      const character = wide
        ? this.pick(['a', 'Z', 'ß', 'é', '€', '字', '😀', '𝄞'])
        : this.pick(['a', 'b', 'z', '.', '0', '_']);
      const size = Buffer.byteLength(character);
      text += size <= left ? character : 'x';
      left -= size <= left ? size : 1;
    }
    return text;
  }
}

/** The seeds of a random test: two that always run, and a fresh one. */
export function seeds(): number[] {
  return [1, 20_260_101, randomInt(2 ** 32)];
}

/** Runs a random test; a failure names the seed that repeats it. */
export async function withSeed(seed: number, run: (random: Random) => void | Promise<void>): Promise<void> {
  try {
    await run(new Random(seed));
  } catch (error) {
    if (error instanceof Error) error.message = `[seed ${seed}] ${error.message}`;
    throw error;
  }
}
