import type { DropReason } from '@telemetry/gen/constants';
import type { TakenBatch } from '../delivery.ts';
import type { DroppedRange } from '../wire/encode-batch.ts';

/** A range that was dropped, with the reason for people. */
export interface ReportedDrop extends DroppedRange {
  readonly problem: string;
}

/** What became of a file of a producer, or of a part of it, in one channel. */
export interface Outcome {
  readonly channel: string;
  /** Which file; 0: one that declares for several producers. */
  readonly ordinal: number;
  /** Batches that a collector has taken. */
  readonly taken: readonly TakenBatch[];
  /** Events that were dropped on the way, and that the store declares. */
  readonly dropped: readonly ReportedDrop[];
  /** Events that the collector dropped, which it accounts for itself: for the handlers. */
  readonly refused: readonly ReportedDrop[];
  /** How many declared numbers a collector has heard of. */
  readonly declaredCount: number;
  /** Whether every event of the file has its answer now. */
  readonly settled: boolean;
}

/** What became of the events of several producers, by producer. */
export type Outcomes = ReadonlyMap<string, Outcome>;

/** Whom outcomes go to. */
export interface OutcomeReceiver {
  /** Tells other processes what became of their events. Before their file goes: a crash in between must not leave them waiting. */
  tellOthers(outcomes: Outcomes): Promise<void>;
  /** Takes in what became of the events of this process. After their file has gone: the application may end then. */
  takeOwn(outcomes: Outcomes): void;
}

/** Outcomes as they go from the process that sends to the one that logged. */
export function encodeOutcomes(outcomes: readonly Outcome[]): Uint8Array {
  const plain = outcomes.map((outcome) => ({
    ...outcome,
    taken: outcome.taken.map((batch) => ({ ...batch, droppedByReason: [...batch.droppedByReason] })),
  }));
  return new TextEncoder().encode(JSON.stringify(plain));
}

/** Reads what `encodeOutcomes` wrote; nothing where it is something else. */
export function decodeOutcomes(bytes: Uint8Array): Outcome[] {
  try {
    type Plain = Omit<Outcome, 'taken'> & {
      taken: (Omit<TakenBatch, 'droppedByReason'> & { droppedByReason: [DropReason, number][] })[];
    };
    return (JSON.parse(new TextDecoder().decode(bytes)) as Plain[]).map((outcome) => ({
      ...outcome,
      taken: outcome.taken.map((batch) => ({ ...batch, droppedByReason: new Map(batch.droppedByReason) })),
    }));
  } catch {
    return [];
  }
}
