import { describe, expect, it } from 'vitest';
import { findPoison } from '../../../collector/src/load/find-poison.ts';
import { seeds, withSeed } from '../support/random.ts';

/** A reader that counts, and refuses what holds poison. */
function readerOf(poison: ReadonlySet<number>) {
  let readings = 0;
  const isReadable = async (some: readonly number[]) => {
    readings++;
    expect(some.length).toBeGreaterThan(0);
    for (let at = 1; at < some.length; at++) expect(some[at]).toBe((some[at - 1] as number) + 1);
    return !some.some((item) => poison.has(item));
  };
  return { isReadable, readings: () => readings };
}

const itemsOf = (count: number) => Array.from({ length: count }, (_, index) => index);

describe.each(seeds())('poison, seed %i', (seed) => {
  it('is found, all of it and nothing else, in a bounded number of readings', async () => {
    await withSeed(seed, async (random) => {
      for (let round = 0; round < 200; round++) {
        const count = random.between(1, 300);
        const share = random.pick([0, 0.01, 0.1, 0.5, 1]);
        const poison = new Set(itemsOf(count).filter(() => random.chance(share)));
        const { isReadable, readings } = readerOf(poison);
        expect(await findPoison(itemsOf(count), isReadable)).toEqual([...poison]);
        const depth = Math.ceil(Math.log2(count));
        expect(readings()).toBeLessThanOrEqual(Math.min(2 * count, 1 + 2 * poison.size * depth));
      }
    });
  });
});

describe('poison', () => {
  it('is not looked for where there is nothing', async () => {
    const { isReadable, readings } = readerOf(new Set());
    expect(await findPoison([], isReadable)).toEqual([]);
    expect(readings()).toBe(0);
  });

  it('is one of 100,000 in 35 readings', async () => {
    const { isReadable, readings } = readerOf(new Set([71_234]));
    expect(await findPoison(itemsOf(100_000), isReadable)).toEqual([71_234]);
    expect(readings()).toBeLessThanOrEqual(35);
  });

  it('is not said to be found when a reading fails', async () => {
    const reading = async (some: readonly number[]) => {
      if (some.length < 5) throw new Error('the warehouse is gone');
      return false;
    };
    await expect(findPoison(itemsOf(20), reading)).rejects.toThrow('the warehouse is gone');
  });
});
