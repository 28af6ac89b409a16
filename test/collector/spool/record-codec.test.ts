import { gunzipSync } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import { EventBatchSchema, protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import {
  findRecordStart,
  type RecordContent,
  readRecord,
  readSequence,
  recordSizeBytesMax,
  writeRecord,
  writeSequence,
  writeVarint,
} from '../../../collector/src/spool/record-codec.ts';
import { batch, event, serialize, varint } from '../support/batches.ts';
import { type Random, seeds, withSeed } from '../support/random.ts';
import { batchesOf, COLLECTOR_ID, contentOf, randomContent, recordOf } from '../support/records.ts';

/** What must be read back of a record. */
function factsOf(content: RecordContent, startByte: number, sizeBytes: number) {
  return {
    startByte,
    sizeBytes,
    producerId: Buffer.from(content.producerId),
    sequence: content.sequence,
    eventCount: content.eventCount,
  };
}

/** What a batch is in the warehouse: as sent, with the collector's fields. */
function stored(sent: ReturnType<typeof batch>, receivedUs: number) {
  return create(EventBatchSchema, {
    ...sent,
    receivedTimeUnixUs: BigInt(receivedUs),
    collectorId: COLLECTOR_ID,
    contentDigest: 0x0707070707070707n,
  });
}

/** A batch with a text of so many bytes in all: larger than any deflate block. */
function largeBatch(sizeBytes: number) {
  const count = Math.ceil(sizeBytes / 8_000);
  const properties = { text: 'x'.repeat(8_000) };
  return batch({ events: Array.from({ length: count }, (_, index) => event(index + 1, { properties })) });
}

describe.each([false, true])('with gzip %s', (isGzip) => {
  it.each([0, 1, 65_000, 65_535, 65_536, 200_000, 3_000_000, 8_000_000])(
    'writes and reads a batch of about %i bytes',
    (sizeBytes) => {
      const sent = sizeBytes < 2 ? batch({ events: [event(1)] }) : largeBatch(sizeBytes);
      const content = contentOf(sent, new Set(sent.events.map((one) => Number(one.seq))), isGzip, 1_234_567);
      const record = recordOf(content);
      expect(record.length).toBeLessThanOrEqual(recordSizeBytesMax(content));
      expect(readRecord(record, 0)).toEqual(factsOf(content, 0, record.length));
      expect(batchesOf(record)).toEqual([stored(sent, 1_234_567)]);
    },
  );

  it('writes contents of every size around a deflate block', () => {
    for (let sizeBytes = 65_535 - 140; sizeBytes < 65_535 + 60; sizeBytes += isGzip ? 37 : 1) {
      const bytes = Buffer.alloc(sizeBytes, 'y');
      const content = { ...contentOf(batch(), new Set([1]), isGzip), bytes, plainSizeBytes: sizeBytes };
      if (isGzip) continue;
      const record = recordOf(content);
      expect(record.length).toBeLessThanOrEqual(recordSizeBytesMax(content));
      const message = gunzipSync(record);
      const length = content.collectorFields.length + sizeBytes;
      const expected = Buffer.concat([varint(length), content.collectorFields, bytes]);
      expect(message.equals(expected)).toBe(true);
    }
  });
});

it('finds the collector’s fields in front of the batch', () => {
  const content = contentOf(batch(), new Set([1]), false, 99);
  const message = gunzipSync(recordOf(content));
  const lengthSize = varint(content.collectorFields.length + content.plainSizeBytes).length;
  expect(message.subarray(lengthSize, lengthSize + content.collectorFields.length)).toEqual(
    Buffer.from(content.collectorFields),
  );
  expect(message.subarray(-content.plainSizeBytes)).toEqual(Buffer.from(serialize(batch())));
});

it('reads nothing where no record is', () => {
  const record = recordOf(contentOf(batch(), new Set([1]), true));
  for (const start of [1, record.length - 1, record.length, record.length + 50])
    expect(readRecord(record, start)).toBeUndefined();
  expect(readRecord(Buffer.alloc(0), 0)).toBeUndefined();
  expect(findRecordStart(record, 1)).toBe(-1);
});

it('writes varints as protobuf does', () => {
  const target = new Uint8Array(10);
  for (const value of [0, 1, 127, 128, 300, 2 ** 31, 2 ** 32, 2 ** 49 + 1, 2 ** 53 - 1]) {
    expect(target.slice(0, writeVarint(target, 0, value))).toEqual(Uint8Array.from(varint(value)));
  }
});

describe.each(seeds())('with seed %i', (seed) => {
  it('round-trips sequences, and refuses cut ones', async () => {
    await withSeed(seed, (random) => {
      for (let round = 0; round < 300; round++) {
        const sequence = randomSequence(random, random.between(1, 40));
        const target = new Uint8Array(sequence.length * 8);
        const end = writeSequence(target, 0, sequence);
        expect(readSequence(target, 0, end)).toEqual(sequence);
        const cut = readSequence(target, 0, end - 1);
        if (cut !== undefined) expect(cut.length).toBeLessThan(sequence.length);
      }
    });
  });

  it('round-trips records end to end as one gzip file of length-delimited batches', async () => {
    await withSeed(seed, (random) => {
      const written = Array.from({ length: 60 }, () => randomContent(random));
      const records = written.map(({ content }) => recordOf(content));
      const segment = Buffer.concat(records);
      let start = 0;
      written.forEach(({ content }, index) => {
        const sizeBytes = records[index]?.length ?? 0;
        expect(readRecord(segment, start)).toEqual(factsOf(content, start, sizeBytes));
        expect(sizeBytes).toBeLessThanOrEqual(recordSizeBytesMax(content));
        start += sizeBytes;
      });
      const read = batchesOf(segment);
      expect(read.map((one) => ({ ...one, receivedTimeUnixUs: 0n, collectorId: '', contentDigest: 0n }))).toEqual(
        written.map(({ batch: sent }) => ({ ...sent })),
      );
    });
  });

  it('never writes more than recordSizeBytesMax, nor outside of its room', async () => {
    await withSeed(seed, (random) => {
      for (let round = 0; round < 200; round++) {
        const sizeBytes = random.pick([0, 1, 100, 65_400, 65_535 * 2 - 60, 131_000, 300_000]) + random.below(200);
        const content: RecordContent = {
          ...contentOf(batch(), new Set([1]), random.chance(0.5)),
          sequence: randomSequence(random, random.pick([1, 2, 50, 3_000])),
          bytes: Buffer.alloc(sizeBytes, 1),
          plainSizeBytes: random.pick([sizeBytes, protocolLimits.batchBytesMax]),
          collectorFields: new Uint8Array(random.pick([20, 60, 140, 1_000])),
        };
        const max = recordSizeBytesMax(content);
        const target = Buffer.alloc(max + 20, 0xaa);
        const size = writeRecord(target, 10, content);
        expect(size).toBeLessThanOrEqual(max);
        expect(target.subarray(0, 10).every((byte) => byte === 0xaa)).toBe(true);
        expect(target.subarray(10 + size).every((byte) => byte === 0xaa)).toBe(true);
        expect(readRecord(target, 10)?.sequence).toEqual(content.sequence);
      }
    });
  });
});

/** Sorted disjoint ranges up to the largest number. */
function randomSequence(random: Random, ranges: number): number[] {
  const sequence: number[] = [];
  const scale = random.pick([3, 300, 2 ** 53 / ranges / 2 - 3]);
  let last = 0;
  for (let index = 0; index < ranges; index++) {
    const first = last + random.between(index === 0 ? 1 : 2, Math.floor(scale));
    last = first + random.below(Math.floor(scale));
    sequence.push(first, last);
  }
  return sequence;
}
