import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FairTurns } from '../../../collector/src/spool/fair-turns.ts';
import { scanSegment, scanSegmentInTurns } from '../../../collector/src/spool/scan-segment.ts';
import { batch, event } from '../support/batches.ts';
import { seeds, withSeed } from '../support/random.ts';
import { contentOf, randomContent, recordOf } from '../support/records.ts';

const contents = [
  contentOf(batch({ events: [event(1)] }), new Set([1]), false),
  contentOf(batch({ events: [event(2), event(300)] }), new Set([2, 300]), true),
  contentOf(batch({ events: [event(2 ** 40)] }), new Set([2 ** 40]), false),
];
const records = contents.map(recordOf);
const segment = Buffer.concat(records);
const ends = records.map((_, index) => records.slice(0, index + 1).reduce((sum, record) => sum + record.length, 0));

describe('a segment that was cut off', () => {
  it('yields exactly the whole records, at every point', () => {
    for (let size = 0; size <= segment.length; size++) {
      const whole = ends.filter((end) => end <= size).length;
      const wholeEnd = ends[whole - 1] ?? 0;
      const content = scanSegment(segment.subarray(0, size));
      expect(content.records.map((record) => record.sequence)).toEqual(
        contents.slice(0, whole).map((one) => one.sequence),
      );
      expect(content.damaged).toEqual([]);
      expect(content.tail).toEqual(wholeEnd === size ? undefined : { startByte: wholeEnd, endByte: size });
    }
  });

  it('yields the whole records when a block of other bytes follows the cut', () => {
    for (let size = 0; size <= segment.length; size++) {
      const whole = ends.filter((end) => end <= size).length;
      const padded = Buffer.concat([segment.subarray(0, size), Buffer.alloc(4_096, 0xee)]);
      const content = scanSegment(padded);
      expect(content.records.length).toBe(whole);
      expect(content.tail?.endByte).toBe(padded.length);
    }
  });
});

describe('a segment with one flipped bit', () => {
  it('loses the record that holds it and no other, wherever it is', () => {
    for (let bit = 0; bit < segment.length * 8; bit++) {
      const damaged = Buffer.from(segment);
      const at = bit >> 3;
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
      const hit = ends.findIndex((end) => at < end);
      const content = scanSegment(damaged);
      const expected = contents.filter((_, index) => index !== hit).map((one) => one.sequence);
      expect(
        content.records.map((record) => record.sequence),
        `bit ${bit & 7} of byte ${at}, record ${hit}`,
      ).toEqual(expected);
      const range = { startByte: ends[hit - 1] ?? 0, endByte: ends[hit] };
      if (hit === records.length - 1) expect(content).toMatchObject({ damaged: [], tail: range });
      else expect(content).toMatchObject({ damaged: [range], tail: undefined });
    }
  });
});

describe('a segment that is none', () => {
  it('of no bytes holds nothing', () => {
    expect(scanSegment(Buffer.alloc(0))).toEqual({ records: [], damaged: [], tail: undefined });
  });

  it.each([
    ['zeros', Buffer.alloc(100_000)],
    ['gzip magic again and again', Buffer.alloc(100_000, Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255))],
    ['heads of records', Buffer.alloc(100_000, recordOf(contentOf(batch(), new Set([1]), false)).subarray(0, 45))],
  ])('of %s is all tail', (_, bytes) => {
    expect(scanSegment(bytes)).toEqual({ records: [], damaged: [], tail: { startByte: 0, endByte: bytes.length } });
  });
});

it('lets others have their turns while it scans', async () => {
  let nowMs = 0;
  // Every piece takes longer than a turn may.
  const turns = new FairTurns(() => {
    nowMs += 3;
    return nowMs;
  });
  let othersTurns = 0;
  let isScanning = true;
  const others = (async () => {
    for (; isScanning; othersTurns++) await setImmediate();
  })();
  const { records } = await scanSegmentInTurns(segment, 1, turns);
  isScanning = false;
  await others;
  expect(records.length).toBeGreaterThan(1);
  expect(othersTurns).toBeGreaterThanOrEqual(records.length - 1);
});

describe.each(seeds())('with seed %i', (seed) => {
  it('finds the records between pieces of garbage', async () => {
    await withSeed(seed, async (random) => {
      for (let round = 0; round < 50; round++) {
        const parts: Buffer[] = [];
        const expected: { sequence: readonly number[]; startByte: number }[] = [];
        let position = 0;
        for (let index = random.below(8); index >= 0; index--) {
          const garbage = random.chance(0.5) ? Buffer.from(random.bytes(random.below(200))) : Buffer.alloc(0);
          const { content } = randomContent(random, 3);
          const record = recordOf(content);
          expected.push({ sequence: content.sequence, startByte: position + garbage.length });
          position += garbage.length + record.length;
          parts.push(garbage, record);
        }
        const whole = Buffer.concat(parts);
        const found = scanSegment(whole);
        expect(found.records).toMatchObject(expected);
        expect(found.tail).toBeUndefined();
        const good = found.records.reduce((sum, record) => sum + record.sizeBytes, 0);
        const bad = found.damaged.reduce((sum, range) => sum + range.endByte - range.startByte, 0);
        expect(good + bad).toBe(position);
        expect(await scanSegmentInTurns(whole, random.between(1, 300))).toEqual(found);
      }
    });
  });
});
