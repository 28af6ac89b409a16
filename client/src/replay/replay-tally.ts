import { DropReason, ErrorReason, Outcome } from '@telemetry/gen/constants';
import type { Ack, Settlement } from '../relay.ts';
import type { UserBatch } from './user-batches.ts';

/** What a replay has done. All but `sent…` count batches that the collector has answered for good. */
export interface ReplayCounts {
  readonly sentBatches: number;
  readonly users: number;
  readonly events: number;
  readonly batches: number;
  readonly sealedBytes: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Batches that were sent more than once. */
  readonly resent: number;
  /** Events that the collector did not take out of batches that it took. */
  readonly droppedEvents: number;
  /** How often the collector gave which reason for a batch or an event that it did not take. */
  readonly reasons: ReadonlyMap<string, number>;
  /** From the first batch to the last answer. */
  readonly seconds: number;
}

/** Counts what is sent, and what is answered. */
export class ReplayTally {
  readonly #monotonicMs: () => number;
  readonly #reasons = new Map<string, number>();
  #sentBatches = 0;
  #users = 0;
  #events = 0;
  #batches = 0;
  #sealedBytes = 0;
  #duplicates = 0;
  #rejected = 0;
  #resent = 0;
  #droppedEvents = 0;
  #firstMs = 0;
  #lastMs = 0;

  /** @param monotonicMs a clock that never goes back. */
  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  sent(): void {
    if (this.#sentBatches === 0) {
      this.#firstMs = this.#monotonicMs();
      this.#lastMs = this.#firstMs;
    }
    this.#sentBatches += 1;
  }

  settled(batch: UserBatch, settlement: Settlement, ack: Ack, attempts: number): void {
    this.#lastMs = this.#monotonicMs();
    this.#batches += 1;
    this.#users += batch.lastOfUser ? 1 : 0;
    this.#events += batch.eventCount;
    this.#sealedBytes += batch.bytes.length;
    this.#resent += attempts > 1 ? 1 : 0;
    if (settlement !== 'taken') {
      this.#rejected += 1;
      this.#because(nameOf(ErrorReason, ack.rejection?.reason), 1);
    } else if (ack.outcome === Outcome.DUPLICATE) {
      this.#duplicates += 1;
    } else if (ack.droppedEventCount > 0) {
      this.#countDrops(ack);
    }
  }

  counts(): ReplayCounts {
    return {
      sentBatches: this.#sentBatches,
      users: this.#users,
      events: this.#events,
      batches: this.#batches,
      sealedBytes: this.#sealedBytes,
      duplicates: this.#duplicates,
      rejected: this.#rejected,
      resent: this.#resent,
      droppedEvents: this.#droppedEvents,
      reasons: this.#reasons,
      seconds: (this.#lastMs - this.#firstMs) / 1000,
    };
  }

  /** An acknowledgement names the first hundred events; the others are dropped for the same kind of reason, or one not told. */
  #countDrops(ack: Ack): void {
    this.#droppedEvents += ack.droppedEventCount;
    for (const { reason } of ack.droppedEvents) {
      this.#because(nameOf(DropReason, reason), 1);
    }
    if (ack.droppedEventCount > ack.droppedEvents.length) {
      this.#because('not named', ack.droppedEventCount - ack.droppedEvents.length);
    }
  }

  #because(reason: string, count: number): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + count);
  }
}

/** The name of a reason; of one that is newer than this client, its number. */
function nameOf(reasons: Readonly<Record<string, number>>, reason: number | undefined): string {
  return Object.entries(reasons).find(([, number]) => number === (reason ?? 0))?.[0] ?? `reason ${reason}`;
}
