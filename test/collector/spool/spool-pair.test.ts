import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RecordContent, RecordFacts } from '../../../collector/src/spool/record-codec.ts';
import type { ClosedSegment } from '../../../collector/src/spool/segment.ts';
import { SpoolPair, type SpoolPairOptions } from '../../../collector/src/spool/spool-pair.ts';
import { contentWith, numbersOnDisk } from '../support/spool.ts';
import { tempFolder } from '../support/temp-folder.ts';

const BOUNDS: SpoolPairOptions['bounds'] = {
  segmentSizeBytesMax: 1_000_000,
  segmentAgeMsMax: 60_000,
  heavySizeBytes: Number.POSITIVE_INFINITY,
  heavyAgesMax: 1,
  segmentAgesMax: 1,
  stagingSizeBytes: 300_000,
  plainSizeBytesMax: Number.POSITIVE_INFINITY,
  columnsPlainSizeBytesMax: Number.POSITIVE_INFINITY,
  columnsEventsMax: Number.POSITIVE_INFINITY,
};

async function openPair(folder: string, over: Partial<SpoolPairOptions> = {}) {
  const closed: ClosedSegment[] = [];
  const records: RecordFacts[] = [];
  const errors: Error[] = [];
  const opened = await SpoolPair.open({
    folder,
    quarantineFolder: join(folder, 'quarantine'),
    bounds: BOUNDS,
    spoolSizeBytesMax: 1_000_000,
    clock: Date.now,
    steadyClock: () => performance.now(),
    onSegmentClosed: (segment) => closed.push(segment),
    onRecordRecovered: (record) => records.push(record),
    onWriteError: (error) => errors.push(error),
    ...over,
  });
  return { ...opened, closed, records, errors };
}

const fresh = (number: number, sizeBytes = 0) => contentWith(number, sizeBytes);
const resent = (number: number, sizeBytes = 0): RecordContent => ({
  ...contentWith(number, sizeBytes),
  isResent: true,
});

function append(spool: SpoolPair, content: RecordContent): Promise<void> {
  return new Promise((resolve, reject) => {
    spool.append(content, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

const afterPending = (spool: SpoolPair) =>
  new Promise<Error | undefined>((resolve) => {
    spool.afterPending(resolve);
  });

describe('a pair of spools', () => {
  it('keeps what was sent before apart from what was not, and says which is which', async () => {
    const folder = await tempFolder();
    const { spool, closed } = await openPair(folder);
    for (const number of [1, 2, 3]) await append(spool, fresh(number));
    for (const number of [11, 12]) await append(spool, resent(number));
    expect((await numbersOnDisk(folder)).numbers).toEqual([1, 2, 3]);
    expect((await numbersOnDisk(join(folder, 'resent'))).numbers).toEqual([11, 12]);
    await spool.close();
    expect(closed.map(({ mayExistTwice }) => mayExistTwice).sort()).toEqual([false, true]);
    expect(new Set(closed.map(({ id }) => id)).size).toBe(2);
  });

  it('hands on what an earlier life left in either, all of which may exist twice', async () => {
    const folder = await tempFolder();
    const first = await openPair(folder);
    await append(first.spool, fresh(1));
    await append(first.spool, resent(11));
    const { spool, recovered, closed, records } = await openPair(folder);
    expect(recovered).toMatchObject({ records: 2, tornSizeBytes: 0, quarantined: [] });
    expect(recovered.segments).toHaveLength(2);
    expect(records.map(({ sequence }) => sequence[0])).toEqual([1, 11]);
    expect(closed.map(({ mayExistTwice }) => mayExistTwice)).toEqual([true, true]);
    // Each is removed where it lies, though it was handed on before its spool was there.
    expect(spool.sizeBytes).toBeGreaterThan(0);
    for (const segment of closed) await spool.remove(segment);
    expect(spool.sizeBytes).toBe(0);
    expect(await readdir(join(folder, 'segments'))).toEqual([]);
    expect(await readdir(join(folder, 'resent', 'segments'))).toEqual([]);
    await spool.close();
  });

  it.each([
    ['below the quota', 1, false],
    ['at the quota', 0, true],
    ['above the quota', -1, true],
  ])('is full by what both have: %s', async (_name, roomBytes, isFull) => {
    const measuring = await openPair(await tempFolder());
    await append(measuring.spool, fresh(1, 3_000));
    await append(measuring.spool, resent(2, 5_000));
    const spoolSizeBytesMax = measuring.spool.sizeBytes + roomBytes;
    await measuring.spool.close();
    const { spool, closed } = await openPair(await tempFolder(), { spoolSizeBytesMax });
    await append(spool, fresh(1, 3_000));
    expect(spool.isFull).toBe(false);
    await append(spool, resent(2, 5_000));
    expect(spool.isFull).toBe(isFull);
    await spool.close();
    expect(spool.isFull).toBe(isFull);
    const moved = closed.find(({ mayExistTwice }) => mayExistTwice === true);
    if (moved === undefined) throw new Error('no segment of what was sent before');
    spool.forget(moved);
    expect(spool.isFull).toBe(false);
    expect(spool.sizeBytes).toBeLessThan(4_000);
  });

  it('counts what waits for the disk in either', async () => {
    const { spool } = await openPair(await tempFolder(), { spoolSizeBytesMax: 8_000 });
    const first = append(spool, fresh(1, 5_000));
    expect(spool.isFull).toBe(false);
    const second = append(spool, resent(2, 5_000));
    expect(spool.isFull).toBe(true);
    await Promise.all([first, second]);
    await spool.close();
  });

  it('has room in one while the other has none', async () => {
    const { spool } = await openPair(await tempFolder(), { bounds: { ...BOUNDS, stagingSizeBytes: 10_000 } });
    const first = append(spool, resent(1, 8_000));
    expect(spool.hasRoomFor(resent(2, 8_000))).toBe(false);
    expect(spool.hasRoomFor(fresh(2, 8_000))).toBe(true);
    await spool.nextRoom(resent(2, 8_000));
    expect(spool.hasRoomFor(resent(2, 8_000))).toBe(true);
    await first;
    await spool.close();
  });

  it('calls back after what either has to write, and at once when there is nothing', async () => {
    const { spool } = await openPair(await tempFolder());
    expect(await afterPending(spool)).toBeUndefined();
    const order: string[] = [];
    const done = [
      append(spool, fresh(1)).then(() => order.push('fresh')),
      append(spool, resent(2, 200_000)).then(() => order.push('resent')),
      afterPending(spool).then(() => order.push('both')),
    ];
    await Promise.all(done);
    expect(order.at(-1)).toBe('both');
    await spool.close();
  });

  it.each([
    ['what was sent before', 'resent/segments', resent, fresh],
    ['what was not', 'segments', fresh, resent],
  ] as const)(
    'does not call back as written what could not be, of %s, though the other takes longer',
    async (_name, broken, failing, slow) => {
      const folder = await tempFolder();
      const { spool, errors } = await openPair(folder);
      // Fails at its first step, while the other has to make a file, write and flush it.
      await rm(join(folder, broken), { recursive: true });
      const failed = append(spool, failing(1)).catch((error: unknown) => error);
      const written = append(spool, slow(2, 250_000));
      const duplicate = afterPending(spool);
      expect(await failed).toMatchObject({ code: 'ENOENT' });
      await written;
      expect(await duplicate).toMatchObject({ code: 'ENOENT' });
      expect(errors).toHaveLength(1);
      await mkdir(join(folder, broken));
      await append(spool, failing(1));
      expect(await afterPending(spool)).toBeUndefined();
      await spool.close();
    },
  );

  it('writes what waits in either when it closes', async () => {
    const folder = await tempFolder();
    const { spool, closed } = await openPair(folder);
    const settled = [append(spool, fresh(1)), append(spool, resent(2))];
    await spool.close();
    await Promise.all(settled);
    expect(closed).toHaveLength(2);
  });
});

describe('the age of a segment', () => {
  it('counts from when its first batch was read, which may have waited for the disk', async () => {
    let nowMs = 5_000;
    const { spool, closed } = await openPair(await tempFolder(), { steadyClock: () => nowMs });
    await append(spool, { ...fresh(1), readMs: 4_000 });
    await append(spool, { ...fresh(2), readMs: 3_500 });
    nowMs = 9_000;
    await append(spool, { ...fresh(3), readMs: 9_000 });
    await append(spool, resent(4));
    await spool.close();
    expect(closed.map(({ oldestMs }) => oldestMs)).toEqual([3_500, 9_000]);
  });
});
