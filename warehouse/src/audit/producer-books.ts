import type { NumberRuns } from './number-runs.ts';

/** A batch of the ledger. */
export interface BookedBatch {
  readonly runs: NumberRuns;
  readonly eventCount: number;
  readonly droppedCount: number;
  readonly segmentId: string;
  readonly collectorId: string;
  readonly contentDigest: string;
  /** Microseconds since 1970, as text. */
  readonly receivedTimeUs: string;
  readonly day: string;
  /** `done`: its load was, before the raw rows were read. `pending`: it may be loading. `rejected`: it is stored nowhere. */
  readonly state: 'done' | 'pending' | 'rejected';
}

/** All that a warehouse has of a producer and a product on one day of receiving. */
export interface ProducerBooks {
  readonly producerHex: string;
  readonly product: string;
  readonly day: string;
  readonly batches: readonly BookedBatch[];
  /** Numbers of rows in `events`, by how often each occurs. */
  readonly stored: readonly { readonly times: number; readonly runs: NumberRuns }[];
  /** The ranges in `dropped`, which may overlap. */
  readonly declared: NumberRuns;
}
