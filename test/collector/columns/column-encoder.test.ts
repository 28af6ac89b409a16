import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { protocolLimits } from '@telemetry/gen';
import { describe, expect, test } from 'vitest';
import { ColumnEncoder, ColumnError } from '../../../collector/src/columns/column-encoder.ts';
import { ColumnEncoders } from '../../../collector/src/columns/column-encoders.ts';
import { encodeRecords } from '../../../collector/src/columns/encode-records.ts';
import { COLUMN_BLOCK_PLAIN_SIZE_BYTES, RECORD_CONTENT_SIZE_BYTES_MAX } from '../../../collector/src/limits.ts';
import { varint } from '../../warehouse-schema/support/segment.ts';
import { batch, event, serialize } from '../support/batches.ts';
import { mutate } from '../support/mutate.ts';
import { seeds, withSeed } from '../support/random.ts';
import { randomBatch } from '../support/random-batch.ts';
import { randomContent, recordOf } from '../support/records.ts';
import { takeBlock } from '../support/take-block.ts';

/** A message with its size before it, as gzip. */
function gzipOf(message: Uint8Array): Buffer {
  return gzipSync(Buffer.concat([varint(BigInt(message.length)), message]), { level: 1 });
}

function blockOf(encoder: ColumnEncoder, gzips: readonly Uint8Array[]): Buffer {
  for (const gzip of gzips) encoder.add(gzip);
  return takeBlock(encoder);
}

const good = [1, 2, 3].map((seq) => gzipOf(serialize(batch({ events: [event(seq)] }))));

/** A field that nobody knows, with so many bytes inside. */
function unknownField(sizeBytes: number): Buffer {
  return Buffer.concat([Buffer.from('fa0f', 'hex'), varint(BigInt(sizeBytes)), Buffer.alloc(sizeBytes)]);
}

/** As many rows as a batch can have: events of two bytes each. None such is admitted, since an event needs a name. */
const emptyEvents = gzipOf(Buffer.alloc(protocolLimits.batchBytesMax, Buffer.from('1a00', 'hex')));

describe('a block', () => {
  test('depends on its batches alone, whatever was made before', async () => {
    await withSeed(seeds()[0] as number, (random) => {
      const used = new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX);
      for (let round = 0; round < 20; round++) {
        const records = Array.from({ length: random.between(1, 30) }, () => recordOf(randomContent(random).content));
        const fresh = blockOf(new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX), records);
        expect(blockOf(used, records).equals(fresh)).toBe(true);
      }
    });
  });

  test('is full when its batches have the bound decompressed, and not a byte before', () => {
    const encoder = new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX);
    // The size of the message, the tag of a field that nobody knows, its size, each of the sizes with three bytes.
    const half = COLUMN_BLOCK_PLAIN_SIZE_BYTES / 2;
    for (const [sizeBytes, isFull] of [
      [half - 1, false],
      [half, true],
      [half + 1, true],
    ] as const) {
      encoder.add(gzipOf(unknownField(half - 3 - 2 - 3)));
      expect(encoder.isFull).toBe(false);
      encoder.add(gzipOf(unknownField(sizeBytes - 3 - 2 - 3)));
      expect(encoder.isFull).toBe(isFull);
      takeBlock(encoder);
      expect(encoder.isFull).toBe(false);
      expect(encoder.isEmpty).toBe(true);
    }
  });
});

describe('refused are', () => {
  const broken: [string, Uint8Array][] = [
    ['bytes that are not gzip', Buffer.from('no gzip')],
    ['gzip that ends in the middle', good[0]?.subarray(0, -3) ?? Buffer.alloc(0)],
    ['a message that is shorter than it says', gzipSync(Buffer.from('0a0b', 'hex'))],
    ['a field that is longer than the message', gzipOf(Buffer.from('1aff7f01', 'hex'))],
    ['a number that ends in the middle', gzipOf(Buffer.from('0a0080', 'hex'))],
    ['a varint of eleven bytes', gzipOf(Buffer.from('a006ffffffffffffffffffffff01', 'hex'))],
    ['a field in the wire type of another', gzipOf(Buffer.from('1801', 'hex'))],
    ['a field of an event in the wire type of another', gzipOf(Buffer.from('1a020a00', 'hex'))],
    ['a group', gzipOf(Buffer.from('fb07', 'hex'))],
    ['a text that comes twice', gzipOf(Buffer.from('0a01610a0162', 'hex'))],
    ['half of a fixed number', gzipOf(Buffer.from('b10601020304', 'hex'))],
  ];

  test.each(broken)('%s; and what comes after is made as ever', (_, gzip) => {
    const encoder = new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX);
    encoder.add(good[0] as Buffer);
    expect(() => encoder.add(gzip)).toThrow(ColumnError);
    encoder.clear();
    const fresh = blockOf(new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX), good);
    expect(blockOf(encoder, good).equals(fresh)).toBe(true);
  });

  test.each([-1, 0, 1])('a batch that is larger than the largest, and no other: by %i', (more) => {
    const encoder = new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX);
    // The size of the message, the tag of a field that nobody knows, its size, each of the sizes with four bytes.
    const gzip = gzipOf(unknownField(RECORD_CONTENT_SIZE_BYTES_MAX + more - 4 - 2 - 4));
    if (more > 0) expect(() => encoder.add(gzip)).toThrow('A batch is too large.');
    else encoder.add(gzip);
  });

  test('a batch with more rows than there is memory for, and one with as many is taken', { timeout: 60_000 }, () => {
    const page = 65_536;
    const unbounded = new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX);
    unbounded.add(emptyEvents);
    const addedSizeBytes = unbounded.sizeBytes;
    expect(takeBlock(unbounded).length).toBeGreaterThan(protocolLimits.batchBytesMax);
    const outcomes = [addedSizeBytes, unbounded.sizeBytes].flatMap((sizeBytes) =>
      [-page, 0, page].map((more) => {
        const bounded = new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX, sizeBytes + more);
        const isDone = [() => bounded.add(emptyEvents), () => takeBlock(bounded)].map((step) => {
          try {
            step();
            return true;
          } catch (error) {
            expect(error).toBeInstanceOf(ColumnError);
            return false;
          }
        });
        expect(bounded.sizeBytes).toBeLessThanOrEqual(sizeBytes + more);
        return isDone;
      }),
    );
    // Too little for the rows, for what completes the block, and enough.
    expect(outcomes.map(([isAdded]) => isAdded)).toEqual([false, true, true, true, true, true]);
    expect(outcomes.slice(1).map(([, isTaken]) => isTaken)).toEqual([false, false, false, true, true]);
  });

  test('of damaged batches none ends the process or reads beyond them', { timeout: 60_000 }, async () => {
    await withSeed(seeds()[1] as number, (random) => {
      const encoder = new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX);
      let refused = 0;
      for (let round = 0; round < 2_000; round++) {
        const damaged = mutate(random, serialize(randomBatch(random, 4).batch));
        try {
          encoder.add(gzipOf(damaged));
          if (random.chance(0.1)) takeBlock(encoder);
        } catch (error) {
          expect(error).toBeInstanceOf(ColumnError);
          refused++;
          encoder.clear();
        }
      }
      expect(refused).toBeGreaterThan(100);
    });
  });
});

describe('encoders', () => {
  test('are used again, after a failure and after a reader who left, and not when they have grown', async () => {
    const encoders = new ColumnEncoders(RECORD_CONTENT_SIZE_BYTES_MAX, 1_000);
    const first = await encoders.take();
    encoders.giveBack(first);
    await expect(drain(encodeRecords(encoders, [[good[0] as Buffer, Buffer.from('no gzip')]]))).rejects.toThrow(
      ColumnError,
    );
    const large = gzipOf(unknownField(1_200_000));
    for await (const _ of encodeRecords(encoders, [Array.from({ length: 6 }, () => large)])) break;
    const again = await encoders.take();
    expect(again).toBe(first);
    expect(again.isEmpty).toBe(true);
    again.add(emptyEvents);
    encoders.giveBack(again);
    expect(await encoders.take()).not.toBe(first);
  });

  test('are for one load after another, and for the next one too where one takes long', async () => {
    const encoders = new ColumnEncoders(RECORD_CONTENT_SIZE_BYTES_MAX, 60_000);
    const taken: string[] = [];
    const take = async (name: string) => {
      const encoder = await encoders.take();
      taken.push(name);
      return encoder;
    };
    const first = await take('first');
    const second = take('second');
    const third = take('third');
    await setImmediate();
    expect(taken).toEqual(['first']);
    encoders.giveBack(first);
    expect(await second).toBe(first);
    await setImmediate();
    expect(taken).toEqual(['first', 'second']);
    encoders.giveBack(first);
    expect(await third).toBe(first);

    const impatient = new ColumnEncoders(RECORD_CONTENT_SIZE_BYTES_MAX, 5);
    const held = await impatient.take();
    const other = await impatient.take();
    expect(other).not.toBe(held);
    impatient.giveBack(held);
    impatient.giveBack(other);
    expect([held, other]).toContain(await impatient.take());
  });

  test('that there is no memory for are not waited for', async () => {
    const encoders = new ColumnEncoders(2 ** 40, 60_000);
    const taken = [encoders.take(), encoders.take(), encoders.take()];
    await Promise.all(taken.map((encoder) => expect(encoder).rejects.toThrow(RangeError)));
  });

  test('make the same blocks however the records are cut into pieces', async () => {
    const encoders = new ColumnEncoders(RECORD_CONTENT_SIZE_BYTES_MAX, 1_000);
    const whole = await drain(encodeRecords(encoders, [good]));
    const pieces = await drain(
      encodeRecords(
        encoders,
        good.map((gzip) => [gzip]),
      ),
    );
    expect(Buffer.concat(pieces).equals(Buffer.concat(whole))).toBe(true);
    expect(await drain(encodeRecords(encoders, []))).toEqual([]);
  });
});

async function drain(blocks: AsyncIterable<readonly Uint8Array[]>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const pieces of blocks) all.push(Buffer.concat(pieces));
  return all;
}
