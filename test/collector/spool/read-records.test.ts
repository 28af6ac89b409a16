import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DamagedSegmentError, readRecords } from '../../../collector/src/spool/read-records.ts';
import { seeds, withSeed } from '../support/random.ts';
import { randomContent, recordOf } from '../support/records.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function read(bytes: Uint8Array): Promise<Buffer[]> {
  const path = join(await tempFolder(), 'segment');
  writeFileSync(path, bytes);
  const records: Buffer[] = [];
  for await (const piece of readRecords(path)) records.push(...piece.map((record) => Buffer.from(record)));
  return records;
}

test.each(seeds())('with seed %i: the records of a file, whatever their sizes', async (seed) => {
  await withSeed(seed, async (random) => {
    const records = Array.from({ length: 300 }, () => {
      const { content } = randomContent(random, 30);
      // Some are larger than what is read at a time.
      if (!random.chance(0.02)) return recordOf(content);
      const bytes = Buffer.from(random.bytes(random.between(900_000, 2_500_000)));
      return recordOf({ ...content, encoding: 1, bytes, plainSizeBytes: bytes.length });
    });
    const found = await read(Buffer.concat(records));
    expect(found.length).toBe(records.length);
    expect(Buffer.concat(found).equals(Buffer.concat(records))).toBe(true);
  });
});

describe('a file', () => {
  test('that is empty has none', async () => {
    expect(await read(Buffer.alloc(0))).toEqual([]);
  });

  test.each(seeds())('with seed %i: with a bit flipped anywhere, or cut off, is refused', async (seed) => {
    await withSeed(seed, async (random) => {
      const bytes = Buffer.concat(Array.from({ length: 20 }, () => recordOf(randomContent(random, 5).content)));
      for (let round = 0; round < 20; round++) {
        const damaged = Buffer.from(bytes);
        const at = random.below(damaged.length);
        damaged[at] = (damaged[at] as number) ^ (1 << random.below(8));
        await expect(read(damaged)).rejects.toThrow(DamagedSegmentError);
      }
      const torn = bytes.subarray(0, bytes.length - random.between(1, 20));
      await expect(read(torn)).rejects.toThrow(DamagedSegmentError);
    });
  });
});
