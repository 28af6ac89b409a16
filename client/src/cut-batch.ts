import type { BanList } from './ban-list.ts';
import { cutBanned } from './blacklist/cut-banned.ts';
import type { Gzip } from './gzip.ts';
import type { EncodedEvents } from './open-batch.ts';
import {
  type AccountedBatch,
  type BatchFacts,
  type SealResult,
  sealWithinLimits,
  unseal,
} from './seal-within-limits.ts';
import { assembleBatch, type DroppedRange } from './wire/encode-batch.ts';

/** A closed batch. */
export interface ClosedEvents {
  readonly events: EncodedEvents;
  readonly facts: BatchFacts;
}

/**
 * Takes out of a closed batch what a list bans; undefined: nothing. The batch declares it: a number that is left has none below it that nobody
 * accounts for.
 */
export function cutClosed(
  { events, facts }: ClosedEvents,
  list: BanList,
): (ClosedEvents & { readonly banned: readonly DroppedRange[] }) | undefined {
  const cut = cutBanned(list, events.coreBytes, events.bytes);
  if (cut === undefined) {
    return undefined;
  }
  const { bytes, count, firstSeq, lastSeq, dropped: banned } = cut;
  return {
    events: { coreBytes: events.coreBytes, bytes, count, firstSeq, lastSeq },
    facts: { firstSeq, lastSeq, eventCount: count, dropped: [...facts.dropped, ...banned] },
    banned,
  };
}

/** The same of a sealed batch that was never sent: seals anew what is left. */
export function cutSealed(
  batch: AccountedBatch,
  list: BanList,
  gzip: Gzip,
): { readonly sealed: SealResult; readonly banned: readonly DroppedRange[] } | undefined {
  const { producerId, coreBytes, eventsBytes, dropped: declared } = unseal(batch);
  const cut = cutBanned(list, coreBytes, eventsBytes);
  if (cut === undefined) {
    return undefined;
  }
  const { bytes, count: eventCount, firstSeq, lastSeq, dropped: banned } = cut;
  const dropped = [...declared, ...banned];
  const encoded = assembleBatch(producerId, coreBytes, bytes, dropped);
  return { sealed: sealWithinLimits(encoded, { firstSeq, lastSeq, eventCount, dropped }, gzip), banned };
}
