import type { BatchClaim, BatchKey, ClaimState } from '@telemetry/warehouse';

/** A record with what identifies its batch. */
export interface KeyedRecord<Facts> {
  readonly facts: Facts;
  readonly key: BatchClaim;
}

/** What is to be done with the records of a segment that may hold batches which another collector has as well. */
export type CarefulPlan<Facts> =
  /** Its load was begun in an earlier life: all of it goes again with the same token. */
  | { readonly kind: 'begun' }
  | {
      readonly kind: 'sorted';
      /** Nobody else has these: they are ours to load. */
      readonly free: readonly KeyedRecord<Facts>[];
      /** Another collector has loaded these: they are duplicates. */
      readonly stored: readonly KeyedRecord<Facts>[];
      /** Another collector may be about to load these: they wait. */
      readonly contested: readonly KeyedRecord<Facts>[];
    };

/**
 * Sorts the records of a segment by what the warehouse knows of their batches, all of which this collector has claimed before it asked.
 *
 * When any table has a batch of this segment from this very collector, its load was begun in an earlier life, and its tables can only be
 * completed by the same bytes with the same token. When none has, the load has written nothing.
 */
export function sortRecords<Facts>(
  records: readonly KeyedRecord<Facts>[],
  states: readonly ClaimState[],
): CarefulPlan<Facts> {
  const stateOf = new Map(states.map((state) => [textOf(state), state]));
  const free: KeyedRecord<Facts>[] = [];
  const stored: KeyedRecord<Facts>[] = [];
  const contested: KeyedRecord<Facts>[] = [];
  for (const record of records) {
    const state = stateOf.get(textOf(record.key));
    if (state?.isStoredByUs === true) return { kind: 'begun' };
    if (state?.isStoredByOther === true) stored.push(record);
    // A batch whose claim is not seen, although it was just made, is left for the next look.
    else if (state === undefined || state.isClaimedByOther) contested.push(record);
    else free.push(record);
  }
  return { kind: 'sorted', free, stored, contested };
}

function textOf(key: BatchKey): string {
  return `${key.producerHex} ${key.contentDigest}`;
}
