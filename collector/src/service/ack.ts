import { Durability, Outcome } from '@telemetry/gen';
import type { AdmittedBatch } from '../admission/admit-batch.ts';
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

/** A batch that was taken before. */
export function duplicate(): AckFacts {
  return {
    outcome: Outcome.DUPLICATE,
    durability: Durability.SPOOLED,
    acceptedEvents: 0,
    droppedEvents: [],
    refusal: undefined,
  };
}

/** A batch that is taken now. */
export function accepted(batch: AdmittedBatch): AckFacts {
  return {
    outcome: Outcome.ACCEPTED,
    durability: Durability.SPOOLED,
    acceptedEvents: batch.eventCount - batch.droppedEvents.length,
    droppedEvents: batch.droppedEvents,
    refusal: undefined,
  };
}

/** A batch that is not taken, for good or for now. */
export function refused(refusal: Refusal): AckFacts {
  const outcome = refusal.permanence.kind === 'permanent' ? Outcome.REJECTED : Outcome.DEFERRED;
  return { outcome, durability: Durability.UNSPECIFIED, acceptedEvents: 0, droppedEvents: [], refusal };
}
