import type { BanList } from '../ban-list.ts';
import type { Delivery } from '../delivery.ts';
import type { DropLedger } from '../drop-ledger.ts';
import type { ClosedBatch } from './closed-batch.ts';

/** Gives batches that are not on disk to another delivery: what they declare first, so that it goes with the first of them. */
export function handOver(
  batches: readonly ClosedBatch[],
  ledger: DropLedger,
  banList: BanList | undefined,
  to: Delivery,
): void {
  if (banList !== undefined) {
    to.setBanList(banList);
  }
  for (const { dropped } of batches) {
    ledger.giveBack(dropped);
  }
  for (const { events } of batches) {
    to.append(events);
  }
}
