import type { BatchClaim } from '@telemetry/warehouse';
import type { SequenceRanges } from '../admission/sequence-ranges.ts';
import { WireCursor } from '../admission/wire-cursor.ts';
import { type RecordFacts, recordContentStart } from '../spool/record-codec.ts';

/** Tag of `EventBatch.content_digest`: field 102, fixed 64 bits. */
const TAG_CONTENT_DIGEST = 102 * 8 + 1;

/** What identifies a record's batch in the warehouse, read from the fields that the collector has put in front of it. */
export function recordKey(segment: Buffer, record: RecordFacts): BatchClaim {
  const cursor = new WireCursor();
  const end = record.startByte + record.sizeBytes;
  cursor.reset(segment);
  cursor.position = recordContentStart(segment, record.startByte);
  cursor.varint(end);
  while (cursor.position < end) {
    const tag = cursor.tag(end);
    if (tag === TAG_CONTENT_DIGEST) {
      const contentDigest = segment.readBigUInt64LE(cursor.position);
      return {
        producerHex: Buffer.from(record.producerId).toString('hex'),
        contentDigest,
        ranges: pairs(record.sequence),
      };
    }
    cursor.skipValue(tag & 7, end);
  }
  throw new Error(`The record at byte ${record.startByte} has no digest.`);
}

function pairs(sequence: SequenceRanges): [number, number][] {
  const ranges: [number, number][] = [];
  for (let index = 0; index < sequence.length; index += 2) {
    ranges.push([sequence[index] as number, sequence[index + 1] as number]);
  }
  return ranges;
}
