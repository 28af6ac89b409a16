import { ErrorReason, Outcome } from '@telemetry/gen/constants';
import { ChannelError } from '../errors.ts';
import { type Ack, decodeAcks, emptyAck } from '../wire/decode-acks.ts';
import { codeMeaning } from './connect-code.ts';
import { type ConnectError, readConnectError } from './connect-error.ts';

/** What came back for a `Publish`. */
export interface HttpAnswer {
  readonly status: number;
  /** Header `Content-Type`; empty: none. */
  readonly contentType: string;
  /** Header `Retry-After`, where there is one and a script may see it. */
  readonly retryAfter: string | undefined;
  readonly body: Uint8Array;
}

const payloadTooLarge = 413;

/**
 * What an answer means: for its batch, as the acknowledgement that a stream would have brought; or for the whole channel, as the error by
 * which a stream would have ended. An error with a reason speaks of the batch.
 */
export function readPublishAnswer(answer: HttpAnswer, address: string): Ack | ChannelError {
  if (answer.status === 200) {
    return readAck(answer) ?? foreignAnswer(answer, address);
  }
  const error = readConnectError(answer.status, answer.body);
  const retryDelayMs = error.retryDelayMs ?? retryAfterMs(answer.retryAfter);
  const meaning = codeMeaning(error.code);
  if (error.reason !== undefined) {
    return refusal(error, error.reason, meaning === 'retry' ? Outcome.DEFERRED : Outcome.REJECTED, retryDelayMs);
  }
  if (answer.status === payloadTooLarge) {
    // Too large for somebody on the way, as it may be for the collector itself: the same remedy.
    return refusal(error, ErrorReason.SEALED_TOO_LARGE, Outcome.REJECTED, retryDelayMs);
  }
  if (meaning === 'drop') {
    return refusal(error, ErrorReason.UNSPECIFIED, Outcome.REJECTED, retryDelayMs);
  }
  const kind = meaning === 'hold' ? 'permanent' : 'retryable';
  return new ChannelError(`${address}: ${error.code}: ${error.message}`, { kind, retryDelayMs });
}

function readAck({ contentType, body }: HttpAnswer): Ack | undefined {
  if (!contentType.startsWith('application/proto')) return undefined;
  try {
    return decodeAcks(body)[0];
  } catch {
    return undefined;
  }
}

/** A login page of the network, for one, is answered with success. */
function foreignAnswer({ contentType }: HttpAnswer, address: string): ChannelError {
  const what = contentType === '' ? 'something' : contentType;
  return new ChannelError(
    `${address}: answered with ${what} that is no acknowledgement; is it a collector's web port?`,
    {
      kind: 'retryable',
    },
  );
}

function refusal(error: ConnectError, reason: ErrorReason, outcome: Outcome, retryDelayMs: number): Ack {
  const rejection = { reason, message: error.message, field: error.field ?? '' };
  return { ...emptyAck(), outcome, rejection, retryDelayMs };
}

/** Seconds. A date is left to the client's own backoff: the clocks may differ. */
function retryAfterMs(header: string | undefined): number {
  return /^\d{1,9}$/.test(header ?? '') ? Number(header) * 1000 : 0;
}
