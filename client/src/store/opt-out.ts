import { DropReason } from '@telemetry/gen/constants';
import type { DeliveryContext } from '../delivery.ts';
import { toRuns } from '../drop-ledger.ts';
import { readBatchParts } from '../wire/split-batch.ts';
import type { ClosedBatch } from './store-writer.ts';

/**
 * Notes what was given up when the consent was withdrawn: the events as opted out, and what batches would have declared as not declared yet.
 * Returns how many events that were.
 */
export function optOut(
  { ledger, listener }: DeliveryContext,
  batches: readonly ClosedBatch[],
  stored: readonly { readonly firstSeq: number; readonly lastSeq: number }[],
): number {
  const queued = batches.flatMap(({ events }) => toRuns(readBatchParts(events.bytes).events.map(({ seq }) => seq)));
  let count = 0;
  for (const { firstSeq, lastSeq } of [...stored, ...queued]) {
    count += lastSeq - firstSeq + 1;
    ledger.add(firstSeq, lastSeq, DropReason.OPTED_OUT);
    listener.onDropped(firstSeq, lastSeq, DropReason.OPTED_OUT, 'the consent was withdrawn');
  }
  for (const { dropped } of batches) {
    ledger.giveBack(dropped);
  }
  return count;
}
