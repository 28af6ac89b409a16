import { describe, expect, it } from 'vitest';
import { appendRange, coverage, joinDisjoint, union } from '../../../collector/src/admission/sequence-ranges.ts';
import { type Random, seeds, withSeed } from '../support/random.ts';
import { countIn, numbersOf, rangesOf } from '../support/ranges.ts';

/** A set of small numbers, in runs, so that sets meet in every way. */
function randomSet(random: Random): Set<number> {
  const numbers = new Set<number>();
  for (let run = random.below(6); run > 0; run--) {
    const first = random.between(1, 40);
    for (let number = first; number < first + random.between(1, 8); number++) numbers.add(number);
  }
  return numbers;
}

/** Ranges of a set cut into pieces in any order: neighbours not joined. */
function randomPieces(random: Random, numbers: ReadonlySet<number>): number[] {
  const pieces: [number, number][] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = pieces.at(-1);
    if (last !== undefined && last[1] === number - 1 && random.chance(0.6)) last[1] = number;
    else pieces.push([number, number]);
  }
  return pieces.sort(() => random.next() - 0.5).flat();
}

describe.each(seeds())('sequence ranges against sets, seed %i', (seed) => {
  it('append, join, union and coverage', async () => {
    await withSeed(seed, (random) => {
      for (let round = 0; round < 3_000; round++) {
        const [left, right] = [randomSet(random), randomSet(random)];
        const appended: number[] = [];
        for (const number of [...left].sort((a, b) => a - b)) appendRange(appended, number, number);
        expect(appended).toEqual(rangesOf(left));
        expect(joinDisjoint(randomPieces(random, left))).toEqual(rangesOf(left));
        expect(union(rangesOf(left), rangesOf(right))).toEqual(rangesOf(new Set([...left, ...right])));
        if (left.size === 0) continue;
        const both = countIn(left, right);
        const expected = both === 0 ? 'none' : both === left.size ? 'whole' : 'partial';
        expect(coverage(rangesOf(left), rangesOf(right))).toBe(expected);
      }
    });
  });

  it('finds every overlap', async () => {
    await withSeed(seed, (random) => {
      for (let round = 0; round < 1_000; round++) {
        const numbers = randomSet(random);
        const pieces = randomPieces(random, numbers);
        if (pieces.length === 0) continue;
        const twice = random.pick([...numbers]);
        const range = [Math.max(1, twice - random.below(3)), twice + random.below(3)];
        expect(joinDisjoint([...pieces, ...range])).toBeUndefined();
        expect(numbersOf(joinDisjoint(pieces) ?? [])).toEqual(new Set([...numbers].sort((a, b) => a - b)));
      }
    });
  });
});

it('reaches up to the largest number', () => {
  const max = Number.MAX_SAFE_INTEGER;
  expect(union([1, 1], [max, max])).toEqual([1, 1, max, max]);
  expect(union([1, max - 1], [max, max])).toEqual([1, max]);
  expect(joinDisjoint([max, max, 1, max - 1])).toEqual([1, max]);
  expect(coverage([1, max], [1, max])).toBe('whole');
  expect(coverage([1, max], [1, max - 1])).toBe('partial');
});
