import { ErrorReason, Outcome } from '@telemetry/gen/constants';
import type { FailureKind } from './errors.ts';
import type { Ack } from './wire/decode-acks.ts';

/** How long to wait between attempts. */
export interface RetryPolicy {
  /** Longest wait after the first failure; it doubles with each further one. */
  readonly initialBackoffMs: number;
  /** Longest wait after any failure. */
  readonly maxBackoffMs: number;
  /** Longest wait after a permanent failure, such as a key that is not known: it takes a person to mend it. */
  readonly permanentBackoffMs: number;
  /** Longest wait that a collector may ask for. A broken one must not silence its clients for ever. */
  readonly maxRetryDelayMs: number;
  /** Batches that are sent in the first second after an outage, of those that have piled up; the rate doubles every ten seconds. */
  readonly resumeBatchesPerSecond: number;
}

/**
 * Half a second, doubled up to a minute (the pace of a client at rest); five minutes where only a person can help; at most an hour. Two
 * batches a second after an outage, doubled every ten seconds, clear a day of 1,440 files in a minute.
 */
export const defaultRetryPolicy: RetryPolicy = {
  initialBackoffMs: 500,
  maxBackoffMs: 60_000,
  permanentBackoffMs: 300_000,
  maxRetryDelayMs: 3_600_000,
  resumeBatchesPerSecond: 2,
};

/** What went wrong. */
export interface Failure {
  readonly kind: FailureKind;
  /** What the collector asked for; 0: nothing. */
  readonly retryDelayMs: number;
}

/**
 * How long to wait before the next attempt: what the collector asked for, and on top of it exponential backoff with full jitter.
 *
 * On top, and not the longer of the two, since clients that were refused together would otherwise come back together. A permanent failure
 * is waited out too, slowly: what is permanent for the bytes of a batch is dropped elsewhere, and a connection is refused for a reason
 * that a person can mend without restarting a million applications.
 *
 * @param consecutiveFailures failures since something last succeeded, this one included: at least 1.
 * @param random from 0 to below 1.
 */
export function retryDelayMs(
  failure: Failure,
  consecutiveFailures: number,
  policy: RetryPolicy,
  random: number,
): number {
  const floorMs = Math.min(failure.retryDelayMs, policy.maxRetryDelayMs);
  if (failure.kind === 'permanent') {
    return floorMs + policy.permanentBackoffMs * (0.5 + random / 2);
  }
  // Beyond 2^30 the cap has long been reached, and the power would run into infinity.
  const doublings = Math.min(consecutiveFailures - 1, 30);
  const ceilingMs = Math.min(policy.maxBackoffMs, policy.initialBackoffMs * 2 ** doublings);
  return floorMs + ceilingMs * random;
}

/**
 * How long to wait before the next attempt when the budget of retries is spent: from nothing to twice the longest backoff, so on average as
 * long as the pause between two calls of a client at rest. Whatever becomes of it, the collector hears no more of it than it did before.
 *
 * @param random from 0 to below 1.
 */
export function spentRetryDelayMs(failure: Failure, policy: RetryPolicy, random: number): number {
  if (failure.kind === 'permanent') {
    return retryDelayMs(failure, 1, policy, random);
  }
  return Math.min(failure.retryDelayMs, policy.maxRetryDelayMs) + 2 * policy.maxBackoffMs * random;
}

/**
 * What an acknowledgement means for its batch: the collector has it; it is sent again after a backoff; it is kept until a person has
 * mended the address or the key; it must be made smaller; it is refused for good. The kinds of the specification, under "Failures".
 */
export type AckDecision = 'taken' | 'retry' | 'hold' | 'tooLarge' | 'rejected';

const decisionByReason: ReadonlyMap<number, AckDecision> = new Map<number, AckDecision>([
  [ErrorReason.SEALED_TOO_LARGE, 'tooLarge'],
  [ErrorReason.BATCH_TOO_LARGE, 'tooLarge'],
  [ErrorReason.TOO_MANY_EVENTS, 'tooLarge'],
  [ErrorReason.OVERLOADED, 'retry'],
  [ErrorReason.SHUTTING_DOWN, 'retry'],
  [ErrorReason.STORAGE_UNAVAILABLE, 'retry'],
  [ErrorReason.INTERNAL, 'retry'],
  [ErrorReason.UNAUTHENTICATED, 'hold'],
  [ErrorReason.PERMISSION_DENIED, 'hold'],
]);

/**
 * What to do with a batch after its acknowledgement. An outcome that this version does not know, and an acceptance that promises nothing,
 * keep the batch: to send it again counts nothing twice, and what is deleted is gone.
 */
export function decideAfterAck(ack: Ack): AckDecision {
  if (ack.outcome === Outcome.ACCEPTED || ack.outcome === Outcome.DUPLICATE) {
    // Unspecified: it is kept nowhere. The number alone, since all names of it would be in every page.
    return ack.durability === 0 ? 'retry' : 'taken';
  }
  const decision = decisionByReason.get(ack.rejection?.reason ?? ErrorReason.UNSPECIFIED);
  if (ack.outcome === Outcome.REJECTED) {
    return decision ?? 'rejected';
  }
  return decision === 'hold' ? 'hold' : 'retry';
}

/**
 * Whether what ended a stream for this reason may pass by itself; undefined: the reason says nothing, and the status decides. A status speaks
 * of the stream and never of a batch, so that whatever is refused for good is kept until a person has mended it.
 */
export function failureKindOf(reason: ErrorReason | undefined): FailureKind | undefined {
  if (reason === undefined || reason === ErrorReason.UNSPECIFIED) {
    return undefined;
  }
  return decisionByReason.get(reason) === 'retry' ? 'retryable' : 'permanent';
}
