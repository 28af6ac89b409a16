import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { summarizeFile, summarizeSegment } from '../../../collector/src/load/segment-summary.ts';
import { DamagedSegmentError } from '../../../collector/src/spool/read-records.ts';
import { scanSegment } from '../../../collector/src/spool/scan-segment.ts';
import { type Random, seeds, withSeed } from '../support/random.ts';
import { COLLECTOR_ID, randomContent, recordOf } from '../support/records.ts';
import { tempFolder } from '../support/temp-folder.ts';

async function segmentOf(random: Random, records: number): Promise<{ path: string; bytes: Buffer }> {
  const bytes = Buffer.concat(Array.from({ length: records }, () => recordOf(randomContent(random, 60).content)));
  const path = join(await tempFolder(), 'segment');
  writeFileSync(path, bytes);
  return { path, bytes };
}

describe('the summary of a file', () => {
  test.each(seeds())('with seed %i: is that of its records, however much is read at a time', async (seed) => {
    await withSeed(seed, async (random) => {
      const { path, bytes } = await segmentOf(random, 80);
      const expected = summarizeSegment(bytes, scanSegment(bytes).records, COLLECTOR_ID, 'some-segment');
      expect(expected.batchCount).toBe(80);
      for (const readSizeBytes of [1_000, random.between(1, 100_000), bytes.length, bytes.length + 1, undefined]) {
        expect(await summarizeFile(path, COLLECTOR_ID, 'some-segment', readSizeBytes)).toEqual(expected);
      }
    });
  });

  test.each(seeds())('with seed %i: is refused where the file is damaged', async (seed) => {
    await withSeed(seed, async (random) => {
      const { path, bytes } = await segmentOf(random, 50);
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      writeFileSync(path, bytes);
      await expect(summarizeFile(path, COLLECTOR_ID, 'some-segment', 5_000)).rejects.toThrow(DamagedSegmentError);
    });
  });
});
