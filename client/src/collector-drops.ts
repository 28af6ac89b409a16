import { DropReason } from '@telemetry/gen/constants';
import { type DropReasonName, dropReasonName } from './drop-reason-name.ts';
import type { Ack } from './wire/decode-acks.ts';

/**
 * Events that a collector dropped while it took the rest of a batch, by reason; what it does not name has none. A collector accounts for
 * these itself: nothing is declared again.
 */
export function countCollectorDrops(ack: Ack, eventCount: number): ReadonlyMap<DropReason, number> {
  const counts = new Map<DropReason, number>();
  const dropped = Math.min(ack.droppedEventCount, eventCount);
  const named = ack.droppedEvents.slice(0, dropped);
  for (const { reason } of named) {
    addTo(counts, reason, 1);
  }
  addTo(counts, DropReason.UNSPECIFIED, dropped - named.length);
  return counts;
}

/** What collectors dropped so far. */
export class CollectorDrops {
  readonly #counts = new Map<DropReason, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Counts those of a batch, and returns how many they were. */
  add(droppedByReason: ReadonlyMap<DropReason, number>): number {
    let added = 0;
    for (const [reason, count] of droppedByReason) {
      addTo(this.#counts, reason, count);
      added += count;
    }
    this.#total += added;
    return added;
  }

  /** Together with what the client dropped itself, by name. */
  withClients(clients: ReadonlyMap<DropReason, number>): Partial<Record<DropReasonName, number>> {
    const counts: Partial<Record<DropReasonName, number>> = {};
    for (const [reason, count] of [...clients, ...this.#counts]) {
      const name = dropReasonName(reason);
      counts[name] = (counts[name] ?? 0) + count;
    }
    return counts;
  }
}

function addTo(counts: Map<DropReason, number>, reason: DropReason, count: number): void {
  if (count > 0) {
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
}
