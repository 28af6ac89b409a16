import { DropReason } from '@telemetry/gen/constants';

/** Why an event was dropped, as the API says it. The protocol's `DropReason` has the meaning of each. */
export type DropReasonName =
  | 'unspecified'
  | 'blacklisted'
  | 'queueFull'
  | 'storeFull'
  | 'optedOut'
  | 'oversize'
  | 'invalid'
  | 'timeOutOfRange'
  | 'sampled'
  | 'rejected'
  | 'corrupted';

const names: ReadonlyMap<number, DropReasonName> = new Map<number, DropReasonName>([
  [DropReason.BLACKLISTED, 'blacklisted'],
  [DropReason.QUEUE_FULL, 'queueFull'],
  [DropReason.STORE_FULL, 'storeFull'],
  [DropReason.OPTED_OUT, 'optedOut'],
  [DropReason.OVERSIZE, 'oversize'],
  [DropReason.INVALID, 'invalid'],
  [DropReason.TIME_OUT_OF_RANGE, 'timeOutOfRange'],
  [DropReason.SAMPLED, 'sampled'],
  [DropReason.REJECTED, 'rejected'],
  [DropReason.CORRUPTED, 'corrupted'],
]);

/** The name of a reason; of one that this version does not know, "unspecified". */
export function dropReasonName(reason: DropReason): DropReasonName {
  return names.get(reason) ?? 'unspecified';
}
