import { create, toBinary } from '@bufbuild/protobuf';
import { type DroppedRange, DroppedRangeSchema, DropReason } from '@telemetry/gen';
import type { DroppedEventFacts } from './walk-batch.ts';

/** Tag of `EventBatch.dropped` (field 4, length-delimited). */
const DROPPED_TAG = 4 * 8 + 2;
/** Length that one varint byte holds. A range is 4 varints with their tags, well below it. */
const ONE_BYTE_LENGTH_MAX = 127;

/**
 * The batch without the given events, which are declared as dropped instead, so that the producer's numbers still add up. Copies
 * bytes between fields; what stays is untouched.
 *
 * @param blacklistVersion version of the list that bans those dropped as blacklisted
 */
export function stripEvents(
  batch: Uint8Array,
  dropped: readonly DroppedEventFacts[],
  blacklistVersion: number,
): Uint8Array {
  const parts: Uint8Array[] = [];
  let keptFrom = 0;
  for (const event of dropped) {
    if (event.startByte > keptFrom) parts.push(batch.subarray(keptFrom, event.startByte));
    keptFrom = event.endByte;
  }
  parts.push(batch.subarray(keptFrom));
  for (const range of declaredRanges(dropped, blacklistVersion)) {
    const bytes = toBinary(DroppedRangeSchema, range);
    if (bytes.length > ONE_BYTE_LENGTH_MAX) throw new Error(`A dropped range of ${bytes.length} bytes is impossible.`);
    parts.push(Uint8Array.of(DROPPED_TAG, bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

/** One range for each run of numbers with one reason: a batch may be banned as a whole. */
function declaredRanges(dropped: readonly DroppedEventFacts[], blacklistVersion: number): DroppedRange[] {
  const ranges: DroppedRange[] = [];
  for (const { seq, reason } of dropped) {
    const last = ranges.at(-1);
    if (last !== undefined && last.reason === reason && last.lastSeq === BigInt(seq) - 1n) {
      last.lastSeq = BigInt(seq);
      continue;
    }
    const version = reason === DropReason.BLACKLISTED ? BigInt(blacklistVersion) : 0n;
    const number = BigInt(seq);
    ranges.push(create(DroppedRangeSchema, { firstSeq: number, lastSeq: number, reason, blacklistVersion: version }));
  }
  return ranges;
}
