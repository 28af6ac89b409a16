import { ErrorReason, Outcome } from '@telemetry/gen/constants';
import { ChannelError } from './errors.ts';
import { type Ack, emptyAck } from './wire/decode-acks.ts';
import type { ErrorDetails } from './wire/decode-error-details.ts';

/**
 * What an error that nobody gave a known reason for means, by its code: the same bytes may succeed later; they will be refused again; or
 * a person has to mend the address or the key. The table of the specification, under "By status".
 */
export type CodeMeaning = 'retry' | 'drop' | 'hold';

/** A `Publish` call that failed. */
export interface PublishError extends ErrorDetails {
  /** The code, for people. */
  readonly code: string;
  readonly message: string;
}

/**
 * What the error of a `Publish` call means: for its batch, as the acknowledgement that a stream would have brought; or for the whole channel, as
 * the error by which a stream would have ended. An error with a reason speaks of the batch.
 *
 * @param address for people.
 */
export function readPublishError(error: PublishError, meaning: CodeMeaning, address: string): Ack | ChannelError {
  if (error.reason !== undefined) {
    return refusal(error, error.reason, meaning === 'retry' ? Outcome.DEFERRED : Outcome.REJECTED);
  }
  if (meaning === 'drop') {
    return refusal(error, ErrorReason.UNSPECIFIED, Outcome.REJECTED);
  }
  const kind = meaning === 'hold' ? 'permanent' : 'retryable';
  return new ChannelError(`${address}: ${error.code}: ${error.message}`, { kind, retryDelayMs: error.retryDelayMs });
}

/** An acknowledgement that says of a batch what an error does. */
export function refusal(error: PublishError, reason: ErrorReason, outcome: Outcome): Ack {
  const rejection = { reason, message: error.message, field: error.field ?? '' };
  return { ...emptyAck(), outcome, rejection, retryDelayMs: error.retryDelayMs ?? 0 };
}
