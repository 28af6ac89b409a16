/**
 * What does not agree.
 *
 * - `event_twice`: a number of a producer has more than one row in `events`.
 * - `event_missing`: the ledger has the number in a load that is done, and neither `events` nor `dropped` has it. Nobody can make it up.
 * - `event_unknown`: `events` or `dropped` has a number that the ledger has not.
 * - `batch_twice`: the ledger has a batch more than once.
 * - `batch_overlap`: two batches of different content have a number in common.
 * - `batch_count`: all numbers of a batch are there, but not as many as events as the ledger says.
 * - `drop_twice`, `drop_missing`: a declared number is in `dropped` more than once, or not at all.
 * - `number_both`: a number is stored and declared as dropped.
 * - `event_day`, `feature_day`: the rollup differs from a recount of `events`.
 * - `segment_pending`: a load was announced long ago and is not done.
 */
export type FindingKind =
  | 'event_twice'
  | 'event_missing'
  | 'event_unknown'
  | 'batch_twice'
  | 'batch_overlap'
  | 'batch_count'
  | 'drop_twice'
  | 'drop_missing'
  | 'number_both'
  | 'event_day'
  | 'feature_day'
  | 'segment_pending';

/** One difference. */
export interface Finding {
  readonly kind: FindingKind;
  /** Of receiving for what came in, of the event for rollups: `YYYY-MM-DD`. */
  readonly day: string;
  readonly product: string;
  /** How many rows, or numbers, or events, it concerns. */
  readonly amount: number;
  /** Whether `repair` can mend it. */
  readonly repairable: boolean;
  /** For people: which numbers, names, segments. */
  readonly detail: string;
  /** 16 bytes in hexadecimal, for what concerns a producer. */
  readonly producerHex?: string;
}

/** Days that were not compared, and why. */
export interface NotJudged {
  readonly what: 'received' | 'event_day' | 'feature_day';
  readonly day: string;
  readonly product: string;
  readonly why: string;
}

/** A load that is announced and not done. */
export interface PendingSegment {
  readonly segmentId: string;
  readonly collectorId: string;
  readonly products: readonly string[];
  readonly batches: number;
  readonly events: number;
  /** Since its first batch was received, by the warehouse's clock. */
  readonly ageMs: number;
  /** Day of receiving. */
  readonly day: string;
}

/** Sums of a day of receiving and a product. */
export interface ReceivedSums {
  readonly day: string;
  readonly product: string;
  readonly ledgerBatches: number;
  /** Rows that the ledger announces in `events`. */
  readonly ledgerEvents: number;
  readonly events: number;
  /** Of batches that were rejected after the ledger announced them. */
  readonly rejectedEvents: number;
  /** Of loads that were announced and not done when the audit looked. */
  readonly pendingEvents: number;
  /** Numbers that the ledger announces as declared, and those in `dropped`. */
  readonly ledgerDropped: number;
  readonly dropped: number;
}

/** What an audit has found. */
export interface AuditReport {
  readonly received: readonly ReceivedSums[];
  /** Days and products whose rollups were compared. */
  readonly rollupDays: number;
  readonly findings: readonly Finding[];
  /** Findings beyond those listed. */
  readonly findingsUntold: number;
  readonly notJudged: readonly NotJudged[];
  readonly pending: readonly PendingSegment[];
  readonly durationMs: number;
}
