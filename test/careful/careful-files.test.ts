import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CarefulFile, CarefulFiles } from '../../collector/src/careful/careful-files.ts';
import type { ClosedSegment } from '../../collector/src/spool/segment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { newBatch } from './support/new-batch.ts';

function threeRecords(): [Buffer, Buffer, Buffer] {
  const record = (events: number) => newBatch(events).record('feedfeedfeedfeed');
  return [record(1), record(2), record(3)];
}

function filesOf(folder: string, onSetAside: (count: number) => void = () => {}): CarefulFiles {
  return new CarefulFiles(join(folder, 'careful'), join(folder, 'quarantine'), onSetAside);
}

describe('the files of the careful path', () => {
  test('a damaged batch costs itself: it is set aside and counted, and the others are there', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'careful'));
    const [one, two, three] = threeRecords();
    const damaged = Buffer.from(two);
    damaged[60] = (damaged[60] ?? 0) ^ 1;
    writeFileSync(join(folder, 'careful', 'a.waiting.gz'), Buffer.concat([one, damaged, three]));
    writeFileSync(join(folder, 'careful', 'b.ready.gz'), Buffer.concat([one, three.subarray(0, 40)]));
    let setAside = 0;
    const files = filesOf(folder, (count) => {
      setAside += count;
    });
    const [a] = await files.recover();
    expect(setAside).toBe(2);
    expect(readFileSync(join(folder, 'careful', 'a.waiting.gz'))).toEqual(Buffer.concat([one, three]));
    expect(readFileSync(join(folder, 'careful', 'b.ready.gz'))).toEqual(one);
    expect(readFileSync(join(folder, 'quarantine', `a-${one.length}.damaged`))).toEqual(damaged);
    expect(readFileSync(join(folder, 'quarantine', `b-${one.length}.torn`))).toEqual(three.subarray(0, 40));

    // What is damaged while it waits, too, and only that.
    writeFileSync(join(folder, 'careful', 'a.waiting.gz'), Buffer.concat([damaged, one, three]));
    const { records } = await files.read(a as CarefulFile);
    expect(records.map(({ startByte }) => startByte)).toEqual([damaged.length, damaged.length + one.length]);
    expect(setAside).toBe(3);
    expect(readFileSync(join(folder, 'careful', 'a.waiting.gz'))).toEqual(Buffer.concat([one, three]));
    expect(readFileSync(join(folder, 'quarantine', 'a-0.damaged'))).toEqual(damaged);
  });

  test('a segment is taken over again after that was done but for the flush, and one that is nowhere is an error', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'careful'));
    const files = filesOf(folder);
    const segment = { id: 's', path: join(folder, 's.segment.gz'), sizeBytes: 1, oldestMs: 0 };
    writeFileSync(segment.path, 'x');
    const taken = await files.take(segment as ClosedSegment);
    expect(await files.take(segment as ClosedSegment)).toStrictEqual(taken);
    expect(readFileSync(taken.path, 'utf8')).toBe('x');
    await expect(files.take({ ...segment, id: 't' } as ClosedSegment)).rejects.toThrow('ENOENT');
  });

  test('a split that a crash interrupted is finished: nothing is lost and nothing is there twice', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'careful'));
    const [one, two, three] = threeRecords();
    writeFileSync(join(folder, 'careful', 's.waiting.gz'), Buffer.concat([one, two, three]));
    writeFileSync(join(folder, 'careful', 'sr.ready.gz'), two);
    writeFileSync(join(folder, 'careful', 'sp.waiting.gz.tmp'), one.subarray(0, 10));
    const files = await filesOf(folder).recover();
    expect(files.map(({ id, state }) => [id, state])).toEqual([
      ['sp', 'waiting'],
      ['sr', 'ready'],
    ]);
    expect(readFileSync(join(folder, 'careful', 'sp.waiting.gz'))).toEqual(Buffer.concat([one, three]));
    expect(readdirSync(join(folder, 'careful'))).toHaveLength(2);
  });
});
