import { type Ack, ErrorReason, Outcome } from '@telemetry/gen';
import type { CrashBatch } from './crash-batch.ts';

/** The outcome as text, with the reason of a refusal. */
export function answerText(ack: Ack | undefined): string {
  if (ack === undefined) return 'none';
  const outcome = nameOf(Outcome, ack.outcome);
  return ack.rejection === undefined ? outcome : `${outcome} ${nameOf(ErrorReason, ack.rejection.reason)}`;
}

/**
 * What the acknowledgement of a batch breaks of the protocol, if anything.
 *
 * @param attempt of this sending
 * @param mayBeNewElsewhere whether another collector may have taken the batch, so that this one could not know it
 */
export function judgeAck(batch: CrashBatch, attempt: number, ack: Ack, mayBeNewElsewhere: boolean): string | undefined {
  const where = `batch ${batch.index} of producer ${batch.producer}, attempt ${attempt}`;
  if (ack.outcome === Outcome.ACCEPTED) {
    if (batch.isAcknowledged && !mayBeNewElsewhere) return `${where}: accepted again after it was acknowledged`;
    if (ack.acceptedEvents !== batch.events.length || ack.droppedEventCount !== 0) {
      return `${where}: ${ack.acceptedEvents} of ${batch.events.length} events were taken`;
    }
    return undefined;
  }
  if (ack.outcome === Outcome.DUPLICATE)
    return attempt === 1 ? `${where}: a duplicate at the first sending` : undefined;
  if (ack.outcome === Outcome.DEFERRED) return undefined;
  return `${where}: ${answerText(ack)} (${ack.rejection?.message ?? 'no message'})`;
}

/** What the answer to a conflict probe breaks: whether all of its numbers were taken or some of them, it is refused. */
export function judgeProbe(batch: CrashBatch, kind: 'whole' | 'partial', ack: Ack): string | undefined {
  if (ack.outcome === Outcome.DEFERRED) return undefined;
  if (ack.outcome === Outcome.REJECTED && ack.rejection?.reason === ErrorReason.SEQUENCE_CONFLICT) return undefined;
  return `other content (${kind}) under the numbers of batch ${batch.index} of ${batch.producer}: ${answerText(ack)}`;
}

function nameOf(values: Readonly<Record<string, number>>, value: number): string {
  return (
    Object.entries(values)
      .find(([, number]) => number === value)?.[0]
      .toLowerCase() ?? String(value)
  );
}
