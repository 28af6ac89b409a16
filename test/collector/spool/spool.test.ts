import { appendFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN } from '../../../collector/src/limits.ts';
import { scanSegment } from '../../../collector/src/spool/scan-segment.ts';
import { loadFormOf } from '../../../collector/src/spool/segment-id.ts';
import { SpoolError } from '../../../collector/src/spool/spool.ts';
import { batchesOf } from '../support/records.ts';
import { append, contentWith, numbersOnDisk, openSpool } from '../support/spool.ts';
import { tempFolder } from '../support/temp-folder.ts';

const segmentsOf = async (folder: string) => (await readdir(join(folder, 'segments'))).sort();

describe('a spool', () => {
  it('has a record on disk when it says so', async () => {
    const folder = await tempFolder();
    const { spool } = await openSpool(folder);
    for (let number = 1; number <= 5; number++) {
      await append(spool, contentWith(number));
      expect(await numbersOnDisk(folder)).toEqual({
        numbers: Array.from({ length: number }, (_, at) => at + 1),
        isClean: true,
      });
    }
    await spool.close();
  });

  it('closes a segment by size, and begins another', async () => {
    const folder = await tempFolder();
    const { spool, closed } = await openSpool(folder, { segmentSizeBytesMax: 20_000 });
    for (let number = 1; number <= 10; number++) await append(spool, contentWith(number, 4_000));
    await spool.close();
    expect(closed.length).toBe(2);
    const sizes = await Promise.all(closed.map(async (segment) => (await stat(segment.path)).size));
    expect(sizes).toEqual(closed.map((segment) => segment.sizeBytes));
    expect(sizes[0]).toBeGreaterThanOrEqual(20_000);
    expect(new Set(closed.map((segment) => segment.id)).size).toBe(2);
    for (const { id } of closed) expect(id).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
    expect(await segmentsOf(folder)).toEqual(closed.map((segment) => `${segment.id}.segment.gz`));
  });

  it.each([
    ['messages', 'a byte below', 1, 4],
    ['messages', 'at', 0, 3],
    ['messages', 'above', -1, 3],
    ['columns', 'a byte below', 1, 4],
    ['columns', 'at', 0, 3],
    ['columns', 'above', -1, 3],
  ])(
    'closes a segment of %s by what its batches have when decompressed: %s the bound with three of them',
    async (form, _place, more, batches) => {
      const plainSizeBytes = COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN - (form === 'columns' ? 0 : 1);
      const bound = 3 * plainSizeBytes + more;
      const bounds = form === 'columns' ? { columnsPlainSizeBytesMax: bound } : { plainSizeBytesMax: bound };
      const { spool, closed } = await openSpool(await tempFolder(), bounds);
      for (let number = 1; number <= 5; number++) await append(spool, { ...contentWith(number), plainSizeBytes });
      await spool.close();
      expect(closed.map(({ id }) => loadFormOf(id))).toEqual([form, form]);
      const contents = await Promise.all(closed.map(async ({ path }) => scanSegment(await readFile(path))));
      expect(contents.map(({ records }) => records.length)).toEqual([batches, 5 - batches]);
    },
  );

  it.each([
    ['an event below', 1, 4],
    ['at', 0, 3],
    ['above', -1, 3],
  ])('closes a segment of columns by its events: %s the bound with three batches', async (_place, more, batches) => {
    const { spool, closed } = await openSpool(await tempFolder(), { columnsEventsMax: 300 + more });
    const content = { plainSizeBytes: COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN, eventCount: 100 };
    for (let number = 1; number <= 5; number++) await append(spool, { ...contentWith(number), ...content });
    await spool.close();
    expect(closed.map(({ id }) => loadFormOf(id))).toEqual(['columns', 'columns']);
    const contents = await Promise.all(closed.map(async ({ path }) => scanSegment(await readFile(path))));
    expect(contents.map(({ records }) => records.length)).toEqual([batches, 5 - batches]);
  });

  it.each([
    ['below', -1, 'messages'],
    ['at', 0, 'columns'],
    ['above', 1, 'columns'],
  ])(
    'has the next segment loaded as messages or columns by what its batches have on average: %s the bound',
    async (_place, more, form) => {
      // Of one byte, so that each closes with its first batch.
      const { spool, closed } = await openSpool(await tempFolder(), { segmentSizeBytesMax: 1 });
      const ofSize = (number: number, plainSizeBytes: number) => ({ ...contentWith(number), plainSizeBytes });
      await append(spool, ofSize(1, COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN + more));
      await append(spool, contentWith(2));
      await append(spool, contentWith(3));
      await spool.close();
      // The first as its own batch says, since there was none before.
      expect(closed.map(({ id }) => loadFormOf(id))).toEqual([form, form, 'messages']);
    },
  );

  it('closes a segment by age', async () => {
    const { spool, closedSegments } = await openSpool(await tempFolder(), { segmentAgeMsMax: 30 });
    await append(spool, contentWith(1));
    const [first] = await closedSegments(1);
    await append(spool, contentWith(2));
    const [, second] = await closedSegments(2);
    expect(first?.id).not.toBe(second?.id);
    expect(scanSegment(await readFile(second?.path ?? '')).records.map((record) => record.sequence)).toEqual([[2, 2]]);
    await spool.close();
  });

  it('lets a segment grow while the loader is behind, to so many times its age', async () => {
    let looks = 0;
    const isLoaderBehind = () => ++looks > 0;
    const bounds = { segmentAgeMsMax: 20, segmentAgesMax: 4 };
    const { spool, closedSegments } = await openSpool(await tempFolder(), bounds, isLoaderBehind);
    await append(spool, contentWith(1));
    await closedSegments(1);
    expect(looks).toBe(3);
    await spool.close();
  });

  it.each([
    ['below', 1, false],
    ['at', 0, true],
    ['above', -1, true],
  ])('lets a segment %s the size of a heavy one grow as that may', async (_place, missing, mayGrow) => {
    const { spool: measured } = await openSpool(await tempFolder());
    await append(measured, contentWith(1));
    const bounds = { segmentAgeMsMax: 30, heavySizeBytes: measured.sizeBytes + missing, heavyAgesMax: 8 };
    await measured.close();
    const startMs = performance.now();
    const { spool, closedSegments } = await openSpool(await tempFolder(), bounds);
    await append(spool, contentWith(1));
    await closedSegments(1);
    const ages = (performance.now() - startMs) / bounds.segmentAgeMsMax;
    if (mayGrow) expect(ages).toBeGreaterThanOrEqual(bounds.heavyAgesMax);
    else expect(ages).toBeLessThan(bounds.heavyAgesMax);
    await spool.close();
  });

  it('counts what is not loaded, and forgets what is removed', async () => {
    const folder = await tempFolder();
    const { spool, closed } = await openSpool(folder, { segmentSizeBytesMax: 5_000 });
    let number = 0;
    while (spool.sizeBytes < 30_000) await append(spool, contentWith(++number, 2_000));
    const sizeBytes = spool.sizeBytes;
    const segment = closed[0];
    if (segment === undefined) throw new Error('no segment closed');
    await spool.remove(segment);
    expect(spool.sizeBytes).toBe(sizeBytes - segment.sizeBytes);
    expect(await segmentsOf(folder)).not.toContain(`${segment.id}.segment.gz`);
    await spool.close();
    const reopened = await openSpool(folder);
    expect(reopened.spool.sizeBytes).toBe(spool.sizeBytes);
    await reopened.spool.close();
  });

  it('counts a segment while its file is being closed: there is no more room for that', async () => {
    const { spool } = await openSpool(await tempFolder());
    for (const number of [1, 2, 3]) await append(spool, contentWith(number, 2_000));
    const sizeBytes = spool.sizeBytes;
    let isClosed = false;
    const closing = spool.close().then(() => {
      isClosed = true;
    });
    const sizes = new Set<number>();
    while (!isClosed) {
      sizes.add(spool.sizeBytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closing;
    expect([...sizes, spool.sizeBytes]).toEqual([sizeBytes, sizeBytes]);
  });

  it('writes what waits when it closes, what waits for room included', async () => {
    const folder = await tempFolder();
    const { spool, closed } = await openSpool(folder, { stagingSizeBytes: 10_000 });
    let settled = 0;
    for (let number = 1; number <= 20; number++) void append(spool, contentWith(number, 4_000)).then(() => settled++);
    await spool.close();
    expect(settled).toBe(20);
    const { numbers } = await numbersOnDisk(folder);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    const total = closed.reduce((sum, segment) => sum + segment.sizeBytes, 0);
    expect(total).toBe(spool.sizeBytes);
  });

  it('cannot be opened below a file, and says so', async () => {
    const file = join(await tempFolder(), 'file');
    await writeFile(file, '');
    const error = await openSpool(file).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SpoolError);
    expect((error as Error).message).toContain(file);
  });
});

describe('a spool that an earlier life left', () => {
  /** A spool with one segment of three records and one of one, as a crash leaves them. */
  async function leftOver() {
    const folder = await tempFolder();
    const { spool } = await openSpool(folder, { segmentSizeBytesMax: 2_500 });
    for (const number of [1, 2, 3]) await append(spool, contentWith(number, 700));
    await append(spool, contentWith(4, 700));
    const names = await segmentsOf(folder);
    expect(names).toHaveLength(2);
    return { folder, paths: names.map((name) => join(folder, 'segments', name)) };
  }

  it('is handed on whole, the oldest first, under the same names', async () => {
    const { folder, paths } = await leftOver();
    const { recovered, closed, records, spool } = await openSpool(folder);
    expect(closed.map((segment) => segment.path)).toEqual(paths);
    expect(recovered).toMatchObject({ records: 4, tornSizeBytes: 0, quarantined: [] });
    expect(records.map((record) => record.sequence)).toEqual([1, 2, 3, 4].map((number) => [number, number]));
    expect(spool.sizeBytes).toBe(closed.reduce((sum, segment) => sum + segment.sizeBytes, 0));
    // New records go to a new segment: an old one never changes again.
    await append(spool, contentWith(5));
    expect(await segmentsOf(folder)).toHaveLength(3);
    await spool.close();
  });

  it('loses a torn end at every byte, and nothing before it', async () => {
    const { folder, paths } = await leftOver();
    const path = paths[0] ?? '';
    const whole = await readFile(path);
    const ends = scanSegment(whole).records.map((record) => record.startByte + record.sizeBytes);
    for (let size = 0; size < whole.length; size += size > 60 && size < whole.length - 60 ? 37 : 1) {
      await writeFile(path, whole.subarray(0, size));
      const { recovered, closed, records, spool } = await openSpool(folder);
      const kept = ends.filter((end) => end <= size);
      expect(records.map((record) => record.sequence[0])).toEqual([1, 2, 3].slice(0, kept.length).concat(4));
      expect(recovered.tornSizeBytes).toBe(size - (kept.at(-1) ?? 0));
      expect(recovered.quarantined).toHaveLength(recovered.tornSizeBytes > 0 ? 1 : 0);
      for (const aside of recovered.quarantined) {
        expect(await readFile(aside)).toEqual(whole.subarray(kept.at(-1) ?? 0, size));
      }
      expect(closed).toHaveLength(kept.length === 0 ? 1 : 2);
      // What is left is a valid gzip file: the engine takes it as it is.
      if (kept.length > 0) expect(batchesOf(await readFile(path))).toHaveLength(kept.length);
      await spool.close();
    }
  });

  it('loses a damaged record alone, which is set aside', async () => {
    const { folder, paths } = await leftOver();
    const path = paths[0] ?? '';
    const bytes = await readFile(path);
    const middle = scanSegment(bytes).records[1];
    if (middle === undefined) throw new Error('no record');
    const at = middle.startByte + 100;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await appendFile(path, 'torn');
    const { recovered, records, closed, spool } = await openSpool(folder);
    expect(records.map((record) => record.sequence[0])).toEqual([1, 3, 4]);
    expect(recovered.quarantined).toHaveLength(2);
    const aside = await readFile(recovered.quarantined[0] ?? '');
    expect(aside.equals(bytes.subarray(middle.startByte, middle.startByte + middle.sizeBytes))).toBe(true);
    expect(await readFile(recovered.quarantined[1] ?? '', 'utf8')).toBe('torn');
    expect(batchesOf(await readFile(closed[0]?.path ?? ''))).toHaveLength(2);
    await spool.close();
    const again = await openSpool(folder);
    expect(again.recovered).toMatchObject({ records: 3, tornSizeBytes: 0, quarantined: [] });
    await again.spool.close();
  });

  it('removes segments without a record, and leaves files that are none alone', async () => {
    const { folder, paths } = await leftOver();
    await truncate(paths[0] ?? '', 0);
    await writeFile(paths[1] ?? '', Buffer.alloc(5_000, 7));
    await writeFile(join(folder, 'segments', 'notes.txt'), 'mine');
    await writeFile(`${paths[0]}.tmp`, 'a replacement that was being written');
    const { recovered, closed, spool } = await openSpool(folder);
    expect(closed).toEqual([]);
    expect(recovered).toMatchObject({ records: 0, tornSizeBytes: 5_000 });
    expect(await segmentsOf(folder)).toEqual(['notes.txt']);
    await spool.close();
  });
});
