import { EventLedger } from './event-ledger.ts';
import { PlainHistogram } from './plain-histogram.ts';

/** What the collector counts while it works: plain numbers, so that counting costs the receive path next to nothing. */
export class CollectorMeters {
  readonly ledger = new EventLedger();
  /** From the arrival of a batch to its acknowledgement, in seconds. */
  readonly ackSeconds = new PlainHistogram([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]);
  /** Write and flush of one group commit, in seconds. */
  readonly commitSeconds = new PlainHistogram([0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10]);
  /** Batches in one group commit. */
  readonly commitBatches = new PlainHistogram([1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000]);
  /** One successful load, in seconds. */
  readonly loadSeconds = new PlainHistogram([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120]);
  loads = 0;
  loadFailures = 0;
  /** Segments that the warehouse cannot read. */
  loadsQuarantined = 0;
  /** Group commits that failed. */
  commitFailures = 0;
  /** Runs of bytes that are no records, found in the spool at start and set aside. */
  spoolQuarantined = 0;
}
