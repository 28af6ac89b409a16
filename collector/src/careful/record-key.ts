import type { BatchClaim } from '@telemetry/warehouse';
import type { SequenceRanges } from '../admission/sequence-ranges.ts';
import type { RecordFacts } from '../spool/record-codec.ts';
import { recordStamp } from '../spool/record-stamp.ts';

/** What identifies a record's batch in the warehouse. */
export function recordKey(segment: Buffer, record: RecordFacts): BatchClaim {
  const { digest } = recordStamp(segment, record);
  return {
    producerHex: Buffer.from(record.producerId).toString('hex'),
    contentDigest: Buffer.from(digest).readBigUInt64LE(),
    ranges: pairs(record.sequence),
  };
}

function pairs(sequence: SequenceRanges): [number, number][] {
  const ranges: [number, number][] = [];
  for (let index = 0; index < sequence.length; index += 2) {
    ranges.push([sequence[index] as number, sequence[index + 1] as number]);
  }
  return ranges;
}
