import { create, toBinary } from '@bufbuild/protobuf';
import { DroppedRangeSchema } from '@telemetry/gen';
import type { DroppedEventFacts } from './walk-batch.ts';

/** Tag of `EventBatch.dropped` (field 4, length-delimited). */
const DROPPED_TAG = 4 * 8 + 2;
/** Length that one varint byte holds. A range is 4 varints with their tags, well below it. */
const ONE_BYTE_LENGTH_MAX = 127;

/**
 * The batch without the given events, which are declared as dropped instead, so that the producer's numbers still add up. Copies
 * bytes between fields; what stays is untouched.
 */
export function stripEvents(batch: Uint8Array, dropped: readonly DroppedEventFacts[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let keptFrom = 0;
  for (const event of dropped) {
    parts.push(batch.subarray(keptFrom, event.startByte));
    keptFrom = event.endByte;
  }
  parts.push(batch.subarray(keptFrom));
  for (const event of dropped) {
    const seq = BigInt(event.seq);
    const range = create(DroppedRangeSchema, { firstSeq: seq, lastSeq: seq, reason: event.reason });
    const bytes = toBinary(DroppedRangeSchema, range);
    if (bytes.length > ONE_BYTE_LENGTH_MAX) throw new Error(`A dropped range of ${bytes.length} bytes is impossible.`);
    parts.push(Uint8Array.of(DROPPED_TAG, bytes.length), bytes);
  }
  return Buffer.concat(parts);
}
