import { gunzipSync, gzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { Encoding, type EventBatch, EventBatchSchema } from '@telemetry/gen';
import { CollectorFields } from '../../../collector/src/spool/collector-fields.ts';
import { type RecordContent, recordSizeBytesMax, writeRecord } from '../../../collector/src/spool/record-codec.ts';
import { serialize } from './batches.ts';
import type { Random } from './random.ts';
import { randomBatch } from './random-batch.ts';
import { rangesOf } from './ranges.ts';

export const COLLECTOR_ID = '0123456789abcdef';
const fields = new CollectorFields(COLLECTOR_ID);

/** A record's content of a batch, as the receiver makes it. */
export function contentOf(
  batch: EventBatch,
  numbers: ReadonlySet<number>,
  isGzip: boolean,
  receivedUs = 1,
): RecordContent {
  const plain = serialize(batch);
  return {
    producerId: batch.producerId,
    sequence: rangesOf(numbers),
    eventCount: batch.events.length,
    bytes: isGzip ? gzipSync(plain) : plain,
    encoding: isGzip ? Encoding.GZIP : Encoding.IDENTITY,
    plainSizeBytes: plain.length,
    collectorFields: Uint8Array.from(fields.encode(receivedUs, new Uint8Array(20).fill(7))),
  };
}

/** A random batch with the record content made of it. */
export function randomContent(random: Random, eventsMax = 20): { batch: EventBatch; content: RecordContent } {
  const { batch, numbers } = randomBatch(random, eventsMax);
  return { batch, content: contentOf(batch, numbers, random.chance(0.5), random.below(2 ** 40)) };
}

/** The record alone, in a buffer of exactly its size. */
export function recordOf(content: RecordContent): Buffer<ArrayBuffer> {
  const target = Buffer.alloc(recordSizeBytesMax(content) + 7, 0xee);
  const sizeBytes = writeRecord(target, 7, content);
  return Buffer.from(target.subarray(7, 7 + sizeBytes));
}

/** The batches of a segment, read as the engine does: gunzip all of it, then message after message by its length. */
export function batchesOf(segment: Uint8Array): EventBatch[] {
  const reader = new BinaryReader(Uint8Array.from(gunzipSync(segment)));
  const batches: EventBatch[] = [];
  while (reader.pos < reader.len) batches.push(fromBinary(EventBatchSchema, reader.bytes()));
  return batches;
}
