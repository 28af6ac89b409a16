import type { BatchClaim, BatchKey, ClaimState } from '@telemetry/warehouse';

/** A record with what identifies its batch. */
export interface KeyedRecord<Facts> {
  readonly facts: Facts;
  readonly key: BatchClaim;
}

/** What is to be done with the records of a segment that may hold batches which were loaded, or which another collector has as well. */
export interface CarefulPlan<Facts> {
  /** Nobody else has these: they are ours to load. */
  readonly free: readonly KeyedRecord<Facts>[];
  /** The ledger has these: they are duplicates. */
  readonly stored: readonly KeyedRecord<Facts>[];
  /** The ledger has numbers of these with other content. */
  readonly conflicting: readonly KeyedRecord<Facts>[];
  /** Another collector may be about to load these: they wait. */
  readonly contested: readonly KeyedRecord<Facts>[];
}

/** Sorts the records of a segment by what the warehouse knows of their batches, all of which this collector has claimed before it asked. */
export function sortRecords<Facts>(
  records: readonly KeyedRecord<Facts>[],
  states: readonly ClaimState[],
): CarefulPlan<Facts> {
  const stateOf = new Map(states.map((state) => [textOf(state), state]));
  const free: KeyedRecord<Facts>[] = [];
  const stored: KeyedRecord<Facts>[] = [];
  const conflicting: KeyedRecord<Facts>[] = [];
  const contested: KeyedRecord<Facts>[] = [];
  for (const record of records) {
    const state = stateOf.get(textOf(record.key));
    if (state?.isStored === true) stored.push(record);
    else if (state?.isConflicting === true) conflicting.push(record);
    // A batch whose claim is not seen, although it was just made, is left for the next look.
    else if (state === undefined || state.isClaimedByOther) contested.push(record);
    else free.push(record);
  }
  return { free, stored, conflicting, contested };
}

function textOf(key: BatchKey): string {
  return `${key.producerHex} ${key.contentDigest}`;
}
