import { hash } from 'node:crypto';

/** Chance that repeats itself from its seed. */
export interface Chance {
  /** From 0 to below 1, all alike. */
  fraction(): number;
  /** True so often. */
  happens(probability: number): boolean;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  /** Any of these, all alike. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  /** Any of these, the first one most often: the n-th so often as 1/n. */
  pickSkewed<Item>(items: readonly [Item, ...Item[]]): Item;
  /** How long until the next of things that happen at any time, so far apart on average. */
  waitFor(mean: number): number;
  /** A value around the median, seldom a much larger one: as times and sizes are. */
  around(median: number): number;
}

/** Chance from a text. The generator is sfc32, of four states of 32 bits. */
export function chanceFrom(seed: string): Chance {
  const fraction = sfc32(hash('sha256', seed, 'buffer'));
  const pick = <Item>(items: readonly [Item, ...Item[]]): Item =>
    items[Math.floor(fraction() * items.length)] ?? items[0];
  const waitFor = (mean: number) => -Math.log(1 - fraction()) * mean;
  return {
    fraction,
    happens: (probability) => fraction() < probability,
    between: (min, max) => min + Math.floor(fraction() * (max - min + 1)),
    pick,
    pickSkewed: (items) => items[skewedIndex(fraction(), items.length)] ?? items[0],
    waitFor,
    // Log-normal by the sum of four: near enough to a bell.
    around: (median) => median * Math.exp((fraction() + fraction() + fraction() + fraction() - 2) * 1.2),
  };
}

/** The index whose share of the harmonic sum holds this part of it. */
function skewedIndex(part: number, count: number): number {
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) {
    sum += 1 / rank;
  }
  let rest = part * sum;
  for (let rank = 1; rank <= count; rank++) {
    rest -= 1 / rank;
    if (rest < 0) {
      return rank - 1;
    }
  }
  return count - 1;
}

function sfc32(seed: Buffer): () => number {
  let a = seed.readUInt32LE(0);
  let b = seed.readUInt32LE(4);
  let c = seed.readUInt32LE(8);
  let counter = 1;
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}
