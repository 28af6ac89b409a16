import type { EncodedEvents } from './open-batch.ts';
import { assembleBatch, type DroppedRange } from './wire/encode-batch.ts';

/** The encoded `EventBatch` of events and declarations. One without declarations is there already: it is not put together again. */
export function assembleEvents(
  producerId: Uint8Array,
  { coreBytes, bytes, batchBytes }: EncodedEvents,
  dropped: readonly DroppedRange[],
): Uint8Array {
  return dropped.length === 0 && batchBytes !== undefined
    ? batchBytes
    : assembleBatch(producerId, coreBytes, bytes, dropped);
}
