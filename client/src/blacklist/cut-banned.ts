import { DropReason } from '@telemetry/gen/constants';
import type { BanList } from '../ban-list.ts';
import { toRuns } from '../drop-ledger.ts';
import { type CutEvents, cutEvents } from '../wire/cut-events.ts';
import type { DroppedRange } from '../wire/encode-batch.ts';
import { readCoreTraits } from '../wire/read-core-traits.ts';

/** What is left of events of which a list bans some, and the declaration of those. */
export interface CutBanned extends CutEvents {
  /** To be declared, once: `DROP_REASON_BLACKLISTED`, with the version of the list. */
  readonly dropped: readonly DroppedRange[];
}

/**
 * Takes out what a list bans: of the open batch, a closed one or a stored one, in memory or on disk. Only of what was never sent: a batch of
 * which an attempt was made keeps its bytes. Undefined when nothing is banned.
 *
 * @param coreBytes the encoded `Core` of the batch: its product, version and audience decide, not those of who cuts
 * @param eventsBytes encoded entries of `EventBatch.events`, side by side
 * @throws WireError when the bytes are not what they should be.
 */
export function cutBanned(list: BanList, coreBytes: Uint8Array, eventsBytes: Uint8Array): CutBanned | undefined {
  const { product, productVersion, audience } = readCoreTraits(coreBytes);
  const isBanned = list.forCore(product, productVersion, audience);
  const cut = isBanned === undefined ? undefined : cutEvents(eventsBytes, isBanned);
  if (cut === undefined) {
    return undefined;
  }
  const dropped = toRuns(cut.removed).map((run) => ({
    ...run,
    reason: DropReason.BLACKLISTED,
    blacklistVersion: list.version,
  }));
  return { ...cut, dropped };
}
