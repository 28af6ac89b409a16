import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../../collector/src/spool/group-commit.ts';
import { readRecord, recordSizeBytesMax } from '../../../collector/src/spool/record-codec.ts';
import { batch } from '../support/batches.ts';
import { seeds, withSeed } from '../support/random.ts';
import { contentOf } from '../support/records.ts';

/** A disk that does each write when it is told to. */
class SlowDisk {
  readonly writes: { bytes: Buffer; done: () => void; fail: (error: Error) => void }[] = [];
  #wake: (() => void) | undefined;

  readonly write = (bytes: Buffer): Promise<void> => {
    return new Promise((done, fail) => {
      this.writes.push({ bytes: Buffer.from(bytes), done, fail });
      this.#wake?.();
    });
  };

  /** The write of this number, once it has begun. */
  async begun(count: number) {
    while (this.writes.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const write = this.writes[count - 1];
    if (write === undefined) throw new Error('no such write');
    return write;
  }
}

const content = (number: number) => contentOf(batch(), new Set([number]), false);

/** The numbers of the records in bytes that were written. */
function numbersIn(bytes: Buffer): (number | undefined)[] {
  const numbers: (number | undefined)[] = [];
  for (let start = 0; start < bytes.length; ) {
    const record = readRecord(bytes, start);
    if (record === undefined) throw new Error('not a record');
    numbers.push(record.sequence[0]);
    start += record.sizeBytes;
  }
  return numbers;
}

const turns = async (count = 5) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('group commit', () => {
  it('settles nothing before its write is done, and all of it then', async () => {
    const disk = new SlowDisk();
    const commit = new GroupCommit(disk.write, 100_000, Number.POSITIVE_INFINITY);
    const settled: number[] = [];
    for (const number of [1, 2, 3]) commit.append(content(number), () => settled.push(number));
    const first = await disk.begun(1);
    for (const number of [4, 5]) commit.append(content(number), () => settled.push(number));
    await turns();
    expect(settled).toEqual([]);
    expect(disk.writes).toHaveLength(1);
    expect(numbersIn(first.bytes)).toEqual([1, 2, 3]);
    first.done();
    const second = await disk.begun(2);
    expect(settled).toEqual([1, 2, 3]);
    expect(numbersIn(second.bytes)).toEqual([4, 5]);
    await turns();
    expect(settled).toEqual([1, 2, 3]);
    second.done();
    await commit.idle();
    expect(settled).toEqual([1, 2, 3, 4, 5]);
    expect(commit.isIdle).toBe(true);
  });

  it('holds no more than its bound on decompressed size, and one batch in any case', async () => {
    const disk = new SlowDisk();
    const one = { ...content(1), plainSizeBytes: 600 };
    const commit = new GroupCommit(disk.write, 100_000, 1_000);
    expect(commit.hasRoomFor({ ...one, plainSizeBytes: 5_000 })).toBe(true);
    commit.append(one, () => {});
    expect(commit.hasRoomFor({ ...one, plainSizeBytes: 400 })).toBe(true);
    expect(commit.hasRoomFor({ ...one, plainSizeBytes: 401 })).toBe(false);
    const write = await disk.begun(1);
    expect(commit.hasRoomFor(one)).toBe(true);
    write.done();
    await commit.idle();
  });

  it('fails all that wait when a write fails, and goes on with what comes later', async () => {
    const disk = new SlowDisk();
    const commit = new GroupCommit(disk.write, 100_000, Number.POSITIVE_INFINITY);
    const settled: [number, string | undefined][] = [];
    const append = (number: number) =>
      commit.append(content(number), (error) => settled.push([number, error?.message]));
    append(1);
    const first = await disk.begun(1);
    append(2);
    commit.afterPending((error) => settled.push([0, error?.message]));
    first.fail(new Error('the disk is gone'));
    await commit.idle();
    // 2 and the one that waits for 1 as its duplicate must not be told more than 1.
    expect(settled).toEqual([
      [1, 'the disk is gone'],
      [2, 'the disk is gone'],
      [0, 'the disk is gone'],
    ]);
    append(3);
    const second = await disk.begun(2);
    expect(numbersIn(second.bytes)).toEqual([3]);
    second.done();
    await commit.idle();
    expect(settled.at(-1)).toEqual([3, undefined]);
  });

  it('calls back after what is pending, also when nothing is', async () => {
    const disk = new SlowDisk();
    const commit = new GroupCommit(disk.write, 100_000, Number.POSITIVE_INFINITY);
    await new Promise((resolve) => commit.afterPending(resolve));
    expect(disk.writes).toHaveLength(0);
    const order: string[] = [];
    commit.append(content(1), () => order.push('record'));
    commit.afterPending(() => order.push('after'));
    (await disk.begun(1)).done();
    await commit.idle();
    expect(order).toEqual(['record', 'after']);
  });

  it('takes no more than its buffer holds, and wakes who waits for room', async () => {
    const disk = new SlowDisk();
    const one = content(1);
    const commit = new GroupCommit(disk.write, recordSizeBytesMax(one) * 2, Number.POSITIVE_INFINITY);
    commit.append(one, () => {});
    const first = await disk.begun(1);
    commit.append(content(2), () => {});
    expect(commit.hasRoomFor(content(3))).toBe(true);
    commit.append(content(3), () => {});
    expect(commit.hasRoomFor(content(4))).toBe(false);
    let hasRoom = false;
    const room = commit.nextRoom().then(() => {
      hasRoom = true;
    });
    await turns();
    expect(hasRoom).toBe(false);
    first.done();
    await room;
    expect(commit.hasRoomFor(content(4))).toBe(true);
    commit.append(content(4), () => {});
    (await disk.begun(2)).done();
    const third = await disk.begun(3);
    expect(numbersIn(third.bytes)).toEqual([4]);
    third.done();
    await commit.idle();
  });

  it.each(seeds())('writes every record once and in order, however the disk behaves, seed %i', async (seed) => {
    await withSeed(seed, async (random) => {
      const onDisk: (number | undefined)[] = [];
      const write = async (bytes: Buffer) => {
        const before = Buffer.from(bytes);
        await turns(random.below(4));
        if (random.chance(0.2)) throw new Error('no');
        // The buffer is not touched while it is being written.
        expect(before.equals(bytes)).toBe(true);
        onDisk.push(...numbersIn(bytes));
      };
      const commit = new GroupCommit(write, 3_000, Number.POSITIVE_INFINITY);
      const good: number[] = [];
      let settled = 0;
      for (let number = 1; number <= 400; number++) {
        const one = content(number);
        while (!commit.hasRoomFor(one)) await commit.nextRoom();
        commit.append(one, (error) => {
          settled++;
          if (error === undefined) good.push(number);
        });
        if (random.chance(0.3)) await turns(random.below(3));
      }
      await commit.idle();
      expect(settled).toBe(400);
      expect(onDisk).toEqual(good);
      expect(good.length).toBeGreaterThan(100);
      expect(good.length).toBeLessThan(400);
    });
  });
});
