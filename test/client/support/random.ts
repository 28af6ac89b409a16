/** A generator with a seed of its own, printed so that a failure can be repeated. */
export function seededRandom(): Random {
  const random = new Random();
  process.stdout.write(`seed ${random.seed}\n`);
  return random;
}

/** A generator of repeatable chance: the same seed, the same numbers (mulberry32). */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number = Math.floor(Math.random() * 2 ** 32)) {
    this.seed = seed;
    this.#state = seed;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) {
      throw new Error('nothing to pick from');
    }
    return item;
  }

  maybe<Value>(make: () => Value): Value | undefined {
    return this.chance(0.5) ? make() : undefined;
  }

  bytes(sizeBytes: number): Uint8Array {
    return Uint8Array.from({ length: sizeBytes }, () => this.int(0, 255));
  }

  /** Text of any alphabet, empty and long ones and half characters among it. */
  text(unitsMax = 60): string {
    const units = this.chance(0.1) ? this.int(100, 400) : this.int(0, unitsMax);
    const alphabet = this.pick(['abcdefghij.', 'äöüßéñ', '日本語テキスト', '😀🎉👩‍👩‍👧', 'a\u0000\ud800\udc00b']);
    const characters = [...alphabet, '\ud800'].slice(0, this.chance(0.9) ? -1 : undefined);
    return Array.from({ length: units }, () => this.pick(characters)).join('');
  }

  /** A whole number of any size that the wire has, its edges among them. */
  count(max = Number.MAX_SAFE_INTEGER): number {
    const edges = [
      0,
      1,
      127,
      128,
      16_383,
      16_384,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 35,
      2 ** 49,
      Number.MAX_SAFE_INTEGER,
    ];
    return Math.min(max, this.chance(0.5) ? this.pick(edges) : Math.floor(this.next() * max));
  }
}
