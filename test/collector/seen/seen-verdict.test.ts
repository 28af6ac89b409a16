import { readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SequenceRanges } from '../../../collector/src/admission/sequence-ranges.ts';
import { encodeBlock, type SeenEntry } from '../../../collector/src/seen/seen-log.ts';
import { SeenSet, type SeenSetBounds } from '../../../collector/src/seen/seen-set.ts';
import { tempFolder } from '../support/temp-folder.ts';

const BOUNDS: SeenSetBounds = {
  producersPerGenerationMax: 1_000,
  digestsPerGenerationMax: 1_000,
  logSizeBytesMax: 1_000_000,
  rangesPerProducerMax: 100,
};
const open = (folder: string, bounds: Partial<SeenSetBounds> = {}, hasEarlierLife = false) =>
  SeenSet.open(folder, { ...BOUNDS, ...bounds }, 7, hasEarlierLife);

/** A batch of a producer with some numbers and some content. */
function entry(producer: number, content: number, sequence: SequenceRanges = [1, 3]): SeenEntry {
  const producerId = Buffer.alloc(16, 0xab);
  producerId.writeUInt32BE(producer);
  const digest = Buffer.alloc(20, content & 0xff);
  digest.writeUInt32LE(content);
  digest.writeUInt32LE(producer, 4);
  return { producerId, sequence, digest };
}

describe('what a batch is, by what was taken', () => {
  it('is new, the same, or a conflict', async () => {
    const seen = await open(await tempFolder());
    expect(seen.judge(entry(1, 1))).toBe('new');
    seen.remember(entry(1, 1));
    expect(seen.judge(entry(1, 1))).toBe('same');
    expect(seen.judge(entry(1, 2))).toBe('conflict');
    expect(seen.judge(entry(1, 2, [2, 2]))).toBe('conflict');
    expect(seen.judge(entry(1, 2, [3, 4]))).toBe('conflict');
    expect(seen.judge(entry(1, 1, [3, 4]))).toBe('conflict');
    expect(seen.judge(entry(1, 2, [4, 9]))).toBe('new');
    // The same content under another producer would have another digest; the numbers decide.
    expect(seen.judge(entry(2, 1))).toBe('new');
    expect(seen.hasForgotten).toBe(false);
    await seen.close();
  });

  it('is the same while the first copy is on its way to the disk', async () => {
    const seen = await open(await tempFolder());
    seen.reserve(entry(1, 1));
    expect(seen.judge(entry(1, 1))).toBe('same');
    expect(seen.judge(entry(1, 2))).toBe('conflict');
    seen.settle(entry(1, 1));
    expect(seen.judge(entry(1, 1))).toBe('same');
    await seen.close();
  });

  it('is new again when the first copy did not reach the disk, and others may have its numbers', async () => {
    const seen = await open(await tempFolder());
    seen.reserve(entry(1, 1));
    seen.release(entry(1, 1));
    expect(seen.judge(entry(1, 1))).toBe('new');
    seen.reserve(entry(1, 2));
    seen.settle(entry(1, 2));
    // Not the same, although a batch of this content was under way once: it is nowhere.
    expect(seen.judge(entry(1, 1))).toBe('conflict');
    await seen.close();
  });

  it('is the same over restarts, by the log', async () => {
    const folder = await tempFolder();
    for (let life = 0; life < 4; life++) {
      const seen = await open(folder, {}, life > 0);
      for (let before = 0; before < life; before++) {
        expect(seen.judge(entry(5, before, [before + 1, before + 1]))).toBe('same');
        expect(seen.judge(entry(5, 99, [before + 1, before + 1]))).toBe('conflict');
      }
      expect(seen.hasForgotten).toBe(false);
      await seen.log(encodeBlock([entry(5, life, [life + 1, life + 1])]));
      await seen.close();
    }
  });

  it('is forgotten when the numbers are known and contents have turned over', async () => {
    const seen = await open(await tempFolder(), { digestsPerGenerationMax: 10 });
    seen.remember(entry(1, 1, [1, 1]));
    for (let seq = 2; seq <= 20; seq++) {
      expect(seen.judge(entry(1, 1, [1, 1]))).toBe('same');
      expect(seen.hasForgotten).toBe(false);
      seen.remember(entry(1, seq, [seq, seq]));
    }
    expect(seen.hasForgotten).toBe(true);
    expect(seen.judge(entry(1, 1, [1, 1]))).toBe('forgotten');
    expect(seen.judge(entry(1, 20, [20, 20]))).toBe('same');
    expect(seen.judge(entry(1, 21, [20, 21]))).toBe('conflict');
    expect(seen.judge(entry(1, 21, [21, 21]))).toBe('new');
    await seen.close();
  });
});

describe('that something was forgotten', () => {
  it('is known for ever after a log was damaged', async () => {
    const folder = await tempFolder();
    const seen = await open(folder);
    await seen.log(encodeBlock([entry(1, 1)]));
    await seen.log(encodeBlock([entry(2, 1)]));
    await seen.close();
    const path = join(folder, 'seen-00000001.log');
    const log = await readFile(path);
    log[20] = (log[20] as number) ^ 1;
    await writeFile(path, log);
    for (let life = 0; life < 3; life++) {
      const again = await open(folder, {}, true);
      expect(again.hasForgotten).toBe(true);
      expect(again.judge(entry(2, 1))).toBe('same');
      expect(again.judge(entry(2, 2))).toBe('forgotten');
      await again.close();
      // What was damaged is gone, and the note of it stays.
      if (life === 0) await writeFile(path, encodeBlock([entry(2, 1)]));
    }
  });

  it.each([
    ['the folder', async (folder: string) => rm(folder, { recursive: true })],
    ['the only log', async (folder: string) => unlink(join(folder, 'seen-00000001.log'))],
  ])('is known after %s was lost', async (_what, lose) => {
    const folder = join(await tempFolder(), 'seen');
    const seen = await open(folder);
    await seen.log(encodeBlock([entry(1, 1)]));
    await seen.close();
    await lose(folder);
    for (let life = 0; life < 2; life++) {
      const again = await open(folder, {}, true);
      expect(again.hasForgotten).toBe(true);
      await again.close();
    }
  });

  it('is known after one of two logs was lost, and is not of two that are there', async () => {
    const folder = await tempFolder();
    const seen = await open(folder, { logSizeBytesMax: 60 });
    await seen.log(encodeBlock([entry(1, 1), entry(2, 1)]));
    await seen.log(encodeBlock([entry(3, 1)]));
    expect(seen.hasForgotten).toBe(false);
    await seen.close();
    const whole = await open(folder, {}, true);
    expect(whole.hasForgotten).toBe(false);
    for (const producer of [1, 2, 3]) expect(whole.judge(entry(producer, 1))).toBe('same');
    await whole.close();
    await unlink(join(folder, 'seen-00000001.log'));
    const again = await open(folder, {}, true);
    expect(again.hasForgotten).toBe(true);
    expect(again.judge(entry(3, 1))).toBe('same');
    await again.close();
  });

  it('is known from the third log on, in this life and in later ones', async () => {
    const folder = await tempFolder();
    const seen = await open(folder, { logSizeBytesMax: 30 });
    await seen.log(encodeBlock([entry(1, 1)]));
    expect(seen.hasForgotten).toBe(false);
    await seen.log(encodeBlock([entry(2, 1)]));
    expect(seen.hasForgotten).toBe(true);
    await seen.close();
    const again = await open(folder, {}, true);
    expect(again.hasForgotten).toBe(true);
    await again.close();
  });

  it('is not said of a first life', async () => {
    const seen = await open(join(await tempFolder(), 'seen'));
    expect(seen.hasForgotten).toBe(false);
    await seen.close();
  });
});
