import type { DropReason } from '@telemetry/gen/constants';
import type { SealedBatch } from './seal-batch.ts';
import { unseal } from './seal-within-limits.ts';
import type { Ack } from './wire/decode-acks.ts';

/** An event that a collector has not taken, while it took the rest of its batch. */
export interface RefusedEvent {
  readonly firstSeq: number;
  /** The same number. */
  readonly lastSeq: number;
  readonly reason: DropReason;
  readonly problem: string;
}

/** The events of a batch that an acknowledgement names as not taken: the application should hear of its mistake. */
export function refusedEvents(sealed: SealedBatch, ack: Ack): RefusedEvent[] {
  if (ack.droppedEvents.length === 0) {
    return [];
  }
  const { events } = unseal(sealed);
  return ack.droppedEvents.flatMap(({ index, reason, field, message }) => {
    const seq = events[index]?.seq;
    const problem = [field, message].filter((part) => part).join(': ');
    return seq === undefined ? [] : [{ firstSeq: seq, lastSeq: seq, reason, problem }];
  });
}
