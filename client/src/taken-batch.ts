import { Outcome } from '@telemetry/gen/constants';
import { countCollectorDrops } from './collector-drops.ts';
import type { TakenBatch } from './delivery.ts';
import type { BatchFacts } from './seal-within-limits.ts';
import type { Ack } from './wire/decode-acks.ts';

/** What an acknowledgement says of a batch that a collector has. */
export function takenBatch({ firstSeq, lastSeq, eventCount }: BatchFacts, ack: Ack, attempts: number): TakenBatch {
  const droppedByReason = countCollectorDrops(ack, eventCount);
  const duplicate = ack.outcome === Outcome.DUPLICATE;
  const { blacklistVersion } = ack;
  return { firstSeq, lastSeq, eventCount, droppedByReason, attempts, duplicate, blacklistVersion };
}
