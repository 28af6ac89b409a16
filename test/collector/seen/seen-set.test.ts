import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SequenceRanges } from '../../../collector/src/admission/sequence-ranges.ts';
import { decodeBlocks, encodeBlock, type SeenEntry } from '../../../collector/src/seen/seen-log.ts';
import { SeenSet, type SeenSetBounds, type SeenVerdict } from '../../../collector/src/seen/seen-set.ts';
import { seeds, withSeed } from '../support/random.ts';
import { countIn, numbersOf, rangesOf } from '../support/ranges.ts';
import { tempFolder } from '../support/temp-folder.ts';

const BOUNDS: SeenSetBounds = {
  producersPerGenerationMax: 1_000,
  digestsPerGenerationMax: 1_000,
  logSizeBytesMax: 1_000_000,
  rangesPerProducerMax: 100,
};
const open = (folder: string, bounds: Partial<SeenSetBounds> = {}) => SeenSet.open(folder, { ...BOUNDS, ...bounds }, 7);

/** A producer id made of a number. */
function id(producer: number): Buffer {
  const bytes = Buffer.alloc(16, 0xab);
  bytes.writeUInt32BE(producer);
  return bytes;
}

/** Of one content for all, so that `judge` says how much of the numbers was taken. */
const entry = (producer: number, sequence: SequenceRanges = [1, 3]): SeenEntry => ({
  producerId: id(producer),
  sequence,
  digest: Buffer.alloc(8, 7),
});

/** How much of the numbers was taken, in a set that has a batch of `entry`. */
function coverageOf(seen: SeenSet, producer: number, sequence: SequenceRanges): string {
  const words: Record<SeenVerdict, string> = {
    new: 'none',
    conflict: 'partial',
    same: 'whole',
    forgotten: 'forgotten',
  };
  return words[seen.judge(entry(producer, sequence))];
}

describe('a seen-set', () => {
  it('counts reserved numbers as taken, and gives back those that are released', async () => {
    const seen = await open(await tempFolder());
    // So that its content is known whatever becomes of the numbers below.
    seen.remember(entry(0));
    seen.reserve(entry(1, [1, 3]));
    seen.reserve(entry(1, [7, 8]));
    expect(coverageOf(seen, 1, [1, 3])).toBe('whole');
    expect(coverageOf(seen, 1, [3, 4])).toBe('partial');
    expect(coverageOf(seen, 2, [1, 3])).toBe('none');
    seen.release(entry(1, [1, 3]));
    expect(coverageOf(seen, 1, [1, 3])).toBe('none');
    expect(coverageOf(seen, 1, [7, 8])).toBe('whole');
    seen.settle(entry(1, [7, 8]));
    expect(coverageOf(seen, 1, [7, 8])).toBe('whole');
    seen.reserve(entry(1, [9, 9]));
    // Half taken and half reserved is whole.
    expect(coverageOf(seen, 1, [7, 9])).toBe('whole');
    seen.release(entry(1, [9, 9]));
    expect(coverageOf(seen, 1, [7, 9])).toBe('partial');
    await seen.close();
  });

  it('remembers over restarts what was logged, and nothing else', async () => {
    const folder = await tempFolder();
    for (let life = 1; life <= 4; life++) {
      const seen = await open(folder);
      for (let before = 1; before < life; before++) expect(coverageOf(seen, before, [1, 3])).toBe('whole');
      expect(coverageOf(seen, 99, [life - 1, life - 1])).toBe('none');
      seen.settle(entry(99, [life, life]));
      await seen.log(encodeBlock([entry(life), entry(50, [life * 10, life * 10 + 1, life * 100, life * 100])]));
      await seen.close();
    }
    const seen = await open(folder);
    expect(coverageOf(seen, 50, [10, 11, 100, 100, 400, 400])).toBe('whole');
    expect(coverageOf(seen, 50, [12, 12])).toBe('none');
    await seen.close();
  });

  it('writes what is logged at the same time one after the other', async () => {
    const folder = await tempFolder();
    const seen = await open(folder, { logSizeBytesMax: 400 });
    await Promise.all(
      Array.from({ length: 12 }, (_, producer) => seen.log(encodeBlock([entry(producer), entry(100 + producer)]))),
    );
    await seen.close();
    const reopened = await open(folder, { logSizeBytesMax: 400 });
    // Two generations are kept, so the last ones are there whatever became of the first.
    for (const producer of [10, 11, 110, 111]) expect(coverageOf(reopened, producer, [1, 3])).toBe('whole');
    await reopened.close();
  });

  it('loses a torn end of its log at every byte, and goes on behind what is whole', async () => {
    const folder = await tempFolder();
    const seen = await open(folder);
    const ends = [0];
    for (let block = 1; block <= 3; block++) {
      await seen.log(encodeBlock([entry(block), entry(block + 10)]));
      ends.push((await stat(join(folder, 'seen-00000001.log'))).size);
    }
    await seen.close();
    const path = join(folder, 'seen-00000001.log');
    const log = await readFile(path);
    for (let size = 0; size <= log.length; size++) {
      await writeFile(path, log.subarray(0, size));
      const whole = ends.filter((end) => end <= size).length - 1;
      const reopened = await open(folder);
      for (let block = 1; block <= 3; block++) {
        const expected = block <= whole ? 'whole' : 'none';
        expect(coverageOf(reopened, block, [1, 3])).toBe(expected);
        expect(coverageOf(reopened, block + 10, [1, 3])).toBe(expected);
      }
      await reopened.log(encodeBlock([entry(77)]));
      await reopened.close();
      const again = await open(folder);
      expect(coverageOf(again, 77, [1, 3])).toBe('whole');
      expect(again.producers).toBe(whole * 2 + 1);
      await again.close();
    }
  });

  it('never takes a damaged block for a good one, whichever bit is flipped, and loses no other by it', () => {
    const [first, second] = [encodeBlock([entry(1)]), encodeBlock([entry(2, [5, 9, 1_000, 2_000])])];
    const log = Buffer.concat([first, second]);
    for (let bit = 0; bit < log.length * 8; bit++) {
      const damaged = Buffer.from(log);
      const at = bit >> 3;
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
      const visited: string[] = [];
      const { wholeEnd, isDamaged } = decodeBlocks(damaged, ({ producerId, sequence, digest }) => {
        visited.push(`${Buffer.from(producerId).toString('hex')} ${sequence}`);
        expect(digest).toEqual(Buffer.alloc(8, 7));
      });
      const isFirstWhole = at >= first.length;
      // Where the size itself is damaged nobody knows where the next block begins.
      const isSecondFound = !isFirstWhole && at >= 4;
      const whole = [
        ...(isFirstWhole ? [`${id(1).toString('hex')} 1,3`] : []),
        ...(isSecondFound ? [`${id(2).toString('hex')} 5,9,1000,2000`] : []),
      ];
      expect(visited).toEqual(whole);
      expect(isDamaged).toBe(true);
      expect(wholeEnd).toBe(isFirstWhole ? first.length : isSecondFound ? log.length : 0);
    }
  });

  it('keeps two generations on disk, each bounded, and what they hold', async () => {
    const folder = await tempFolder();
    let seen = await open(folder, { logSizeBytesMax: 2_000, producersPerGenerationMax: 10_000 });
    for (let segment = 0; segment < 200; segment++)
      await seen.log(encodeBlock(Array.from({ length: 10 }, (_, at) => entry(segment * 10 + at))));
    await seen.close();
    const files = await readdir(folder);
    expect(files).toHaveLength(2);
    for (const file of files) expect((await stat(join(folder, file))).size).toBeLessThan(2_000 + 10 * 30);
    seen = await open(folder);
    expect(coverageOf(seen, 1_999, [1, 3])).toBe('whole');
    expect(coverageOf(seen, 1_950, [1, 3])).toBe('whole');
    expect(coverageOf(seen, 0, [1, 3])).toBe('none');
    await seen.close();
  });

  it('keeps two generations in memory, and a producer that goes on sending', async () => {
    const seen = await open(await tempFolder());
    seen.remember(entry(0, [1, 1]));
    let most = 0;
    for (let producer = 1; producer <= 10_000; producer++) {
      seen.remember(entry(producer, [1, 3]));
      if (producer % 400 === 0) seen.remember(entry(0, [producer, producer]));
      most = Math.max(most, seen.producers);
    }
    expect(most).toBeLessThanOrEqual(2 * BOUNDS.producersPerGenerationMax);
    expect(coverageOf(seen, 0, [1, 1, 400, 400, 10_000, 10_000])).toBe('whole');
    expect(coverageOf(seen, 9_990, [1, 3])).toBe('whole');
    expect(coverageOf(seen, 1, [1, 3])).toBe('none');
    await seen.close();
  });

  it('is empty in a folder with a log of nothing, or of garbage', async () => {
    const folder = await tempFolder();
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(1_000), Buffer.alloc(1_000, 0xff), Buffer.from('hello')]) {
      await writeFile(join(folder, 'seen-00000001.log'), bytes);
      const seen = await open(folder);
      expect(seen.producers).toBe(0);
      await seen.close();
    }
  });
});

describe.each(seeds())('a seen-set against sets, seed %i', (seed) => {
  it('knows the same through reserve, settle, release and turned generations', async () => {
    const folder = await tempFolder();
    await withSeed(seed, async (random) => {
      const seen = await open(folder, { producersPerGenerationMax: 20 });
      const taken = new Map<number, Set<number>>();
      const inFlight: { producer: number; sequence: number[] }[] = [];
      for (let round = 0; round < 5_000; round++) {
        // Ten producers that never stop sending are never forgotten.
        const producer = round % 10;
        const known = taken.get(producer) ?? new Set<number>();
        taken.set(producer, known);
        const numbers = new Set(Array.from({ length: random.between(1, 4) }, () => random.between(1, 120)));
        const sequence = rangesOf(numbers);
        const both = countIn(numbers, known);
        const expected = both === 0 ? 'none' : both === numbers.size ? 'whole' : 'partial';
        expect(coverageOf(seen, producer, sequence)).toBe(expected);
        if (expected === 'none') {
          seen.reserve(entry(producer, sequence));
          for (const number of numbers) known.add(number);
          inFlight.push({ producer, sequence });
        }
        const settled = random.chance(0.7) ? inFlight.splice(random.below(inFlight.length), 1)[0] : undefined;
        if (settled === undefined) continue;
        const { producer: owner, sequence: done } = settled;
        if (random.chance(0.3)) {
          seen.release(entry(owner, done));
          for (const number of numbersOf(done)) taken.get(owner)?.delete(number);
        } else seen.settle(entry(owner, done));
      }
      await seen.close();
    });
  });
});
