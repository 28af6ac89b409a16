import { toRuns } from '../drop-ledger.ts';
import type { EncodedEvents } from '../open-batch.ts';
import type { DroppedRange } from '../wire/encode-batch.ts';
import { readBatchParts } from '../wire/split-batch.ts';
import { countNumbers } from './declaration.ts';
import type { Run } from './runs.ts';

/** A batch that was closed, and what it declares. */
export interface ClosedBatch {
  readonly ordinal: number;
  readonly events: EncodedEvents;
  readonly dropped: readonly DroppedRange[];
}

/** Numbers of the events of a batch. */
export function runsOf({ events }: ClosedBatch): Run[] {
  return toRuns(readBatchParts(events.bytes).events.map(({ seq }) => seq));
}

/** Whether batches hold or declare every number from their first to their last. */
export function accountsForAll(batches: readonly ClosedBatch[]): boolean {
  const { firstSeq, lastSeq } = hull(batches);
  const numbers = batches.reduce((sum, { events, dropped }) => sum + events.count + countNumbers(dropped), 0);
  return numbers === lastSeq - firstSeq + 1;
}

/** From the first to the last number of batches. */
export function hull(batches: readonly ClosedBatch[]): { firstSeq: number; lastSeq: number } {
  let firstSeq = Number.MAX_SAFE_INTEGER;
  let lastSeq = 0;
  for (const { events, dropped } of batches) {
    for (const run of events.count > 0 ? [events, ...dropped] : dropped) {
      firstSeq = Math.min(firstSeq, run.firstSeq);
      lastSeq = Math.max(lastSeq, run.lastSeq);
    }
  }
  return { firstSeq, lastSeq };
}
