import { DropReason } from '@telemetry/gen';
import { type DropReasonName, dropReasonName } from './drop-reason-name.ts';
import type { Ack } from './wire/decode-acks.ts';

/** Events that collectors dropped while they took the rest of a batch. They account for these themselves: nothing is declared again. */
export class CollectorDrops {
  readonly #counts = new Map<DropReason, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Counts those of an acknowledgement; what it does not name has no reason. */
  add(ack: Ack, droppedEvents: number): void {
    const named = ack.droppedEvents.slice(0, droppedEvents);
    for (const { reason } of named) {
      this.#count(reason, 1);
    }
    this.#count(DropReason.UNSPECIFIED, droppedEvents - named.length);
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

  #count(reason: DropReason, count: number): void {
    if (count > 0) {
      this.#total += count;
      this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
    }
  }
}
