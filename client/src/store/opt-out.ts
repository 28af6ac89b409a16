import { DropReason } from '@telemetry/gen/constants';
import type { DeliveryContext } from '../delivery.ts';
import { type ClosedBatch, runsOf } from './closed-batch.ts';
import type { Run } from './runs.ts';

/**
 * Notes what was given up when the consent was withdrawn: the events as opted out, and what batches would have declared as not declared yet.
 * Returns how many events that were.
 */
export function optOut(
  { ledger, listener }: DeliveryContext,
  batches: readonly ClosedBatch[],
  stored: readonly Run[],
): number {
  let count = 0;
  for (const { firstSeq, lastSeq } of [...stored, ...batches.flatMap(runsOf)]) {
    count += lastSeq - firstSeq + 1;
    ledger.add(firstSeq, lastSeq, DropReason.OPTED_OUT);
    listener.onDropped(firstSeq, lastSeq, DropReason.OPTED_OUT, 'the consent was withdrawn');
  }
  for (const { dropped } of batches) {
    ledger.giveBack(dropped);
  }
  return count;
}
