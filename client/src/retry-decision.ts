import { ErrorReason, Outcome } from '@telemetry/gen';
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
}

/** Half a second, doubled up to a minute (the pace of a client at rest); five minutes where only a person can help; at most an hour. */
export const defaultRetryPolicy: RetryPolicy = {
  initialBackoffMs: 500,
  maxBackoffMs: 60_000,
  permanentBackoffMs: 300_000,
  maxRetryDelayMs: 3_600_000,
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

/** What an acknowledgement means for its batch. */
export type AckDecision = 'taken' | 'resend' | 'tooLarge' | 'rejected';

/** Refusals that a smaller batch does not meet. */
const tooLarge: ReadonlySet<number> = new Set([
  ErrorReason.SEALED_TOO_LARGE,
  ErrorReason.BATCH_TOO_LARGE,
  ErrorReason.TOO_MANY_EVENTS,
]);

/** Refusals that may be over later, whatever the outcome beside them says. */
const passing: ReadonlySet<number> = new Set([
  ErrorReason.OVERLOADED,
  ErrorReason.SHUTTING_DOWN,
  ErrorReason.STORAGE_UNAVAILABLE,
  ErrorReason.INTERNAL,
]);

/**
 * What to do with a batch after its acknowledgement. An outcome that this version does not know keeps the batch: nothing is counted twice
 * by sending it again, and what is dropped is gone.
 */
export function decideAfterAck(ack: Ack): AckDecision {
  if (ack.outcome === Outcome.ACCEPTED || ack.outcome === Outcome.DUPLICATE) {
    return 'taken';
  }
  if (ack.outcome !== Outcome.REJECTED) {
    return 'resend';
  }
  const reason = ack.rejection?.reason ?? ErrorReason.UNSPECIFIED;
  if (passing.has(reason)) {
    return 'resend';
  }
  return tooLarge.has(reason) ? 'tooLarge' : 'rejected';
}
