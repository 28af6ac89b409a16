import { describe, expect, it } from 'vitest';
import { coverage, type SequenceRanges, union } from '../../../collector/src/admission/sequence-ranges.ts';
import { ProducerTable } from '../../../collector/src/seen/producer-table.ts';
import { type Random, seeds, withSeed } from '../support/random.ts';

function randomRange(random: Random): SequenceRanges {
  const first = random.pick([random.between(1, 30), random.between(1, 30), 2 ** 40 + random.below(30)]);
  const range = [first, first + random.below(5)];
  if (random.chance(0.2)) range.push(first + 10, first + 12);
  return range;
}

describe.each(seeds())('a table of producers against a map, seed %i', (seed) => {
  it('knows the same through growth, gaps and many producers', async () => {
    await withSeed(seed, (random) => {
      const table = new ProducerTable(random.below(2 ** 32), 1_000);
      const model = new Map<string, SequenceRanges>();
      const ids = Array.from({ length: 9_000 }, () => random.bytes(16));
      // Ids that differ in one bit, and the one of zeros.
      ids.push(new Uint8Array(16));
      for (let bit = 0; bit < 128; bit++) {
        const id = new Uint8Array(16);
        id[bit >> 3] = 1 << (bit & 7);
        ids.push(id);
      }
      for (let round = 0; round < 40_000; round++) {
        const id = random.pick(ids);
        const key = Buffer.from(id).toString('hex');
        const known = model.get(key);
        const range = randomRange(random);
        const expected = known === undefined ? 'none' : coverage(range, known);
        if (table.coverage(id, range) !== expected) throw new Error(`${key} ${range} of ${known}: not ${expected}`);
        if (expected === 'none') {
          table.add(id, range);
          model.set(key, known === undefined ? range : union(known, range));
        }
      }
      expect(table.size).toBe(model.size);
      expect(table.size).toBeGreaterThan(8_000);
      for (const id of ids) {
        const known = model.get(Buffer.from(id).toString('hex'));
        expect(table.has(id)).toBe(known !== undefined);
        expect(table.rangesOf(id)).toEqual(known ?? []);
      }
    });
  });
});

it('takes 40 bytes a slot and at most three slots a producer', () => {
  const table = new ProducerTable(1, 10);
  const id = Buffer.alloc(16);
  for (let producer = 1; producer <= 100_000; producer++) {
    id.writeUInt32BE(producer, 8);
    table.add(id, [1, 5]);
  }
  expect(table.size).toBe(100_000);
  expect(table.sizeBytes).toBeLessThanOrEqual(100_000 * 32 * 3.3);
});

it('closes the oldest holes of a producer that leaves too many, and forgets no number that it took', () => {
  const table = new ProducerTable(1, 4);
  const id = Buffer.alloc(16, 1);
  for (let seq = 1; seq <= 21; seq += 2) table.add(id, [seq, seq]);
  const ranges = table.rangesOf(id);
  expect(ranges).toEqual([1, 15, 17, 17, 19, 19, 21, 21]);
  for (let seq = 1; seq <= 21; seq += 2) expect(table.coverage(id, [seq, seq])).toBe('whole');
  expect(table.coverage(id, [20, 20])).toBe('none');
});

it('goes back to one range when the holes are filled', () => {
  const table = new ProducerTable(1, 10);
  const id = Buffer.alloc(16, 9);
  for (const range of [
    [1, 2],
    [7, 9],
    [4, 5],
    [6, 6],
    [3, 3],
    [10, 12],
  ])
    table.add(id, range);
  expect(table.rangesOf(id)).toEqual([1, 12]);
});
