import type { Durability, Outcome } from '@telemetry/gen';
import type { Refusal } from '../admission/refusal.ts';
import type { DroppedEventFacts } from '../admission/walk-batch.ts';

/** What became of a batch, before it is serialized. */
export interface AckFacts {
  readonly outcome: Outcome;
  readonly durability: Durability;
  readonly acceptedEvents: number;
  readonly droppedEvents: readonly DroppedEventFacts[];
  /** Why it was not taken, with outcome rejected or deferred. */
  readonly refusal: Refusal | undefined;
}
