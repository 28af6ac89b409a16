import { ErrorReason, Outcome } from '@telemetry/gen/constants';
import { ChannelError } from '../errors.ts';
import { readPublishError, refusal } from '../refused-publish.ts';
import { type Ack, decodeAcks } from '../wire/decode-acks.ts';
import { codeMeaning } from './connect-code.ts';
import { readConnectError } from './connect-error.ts';

/** What came back for a `Publish`. */
export interface HttpAnswer {
  readonly status: number;
  /** Of which a script may see some. */
  readonly headers: Pick<Headers, 'get'>;
  readonly body: Uint8Array;
}

const payloadTooLarge = 413;

/**
 * What an answer means: for its batch, as the acknowledgement that a stream would have brought; or for the whole channel, as the error by
 * which a stream would have ended.
 */
export function readPublishAnswer(answer: HttpAnswer, address: string): Ack | ChannelError {
  if (answer.status === 200) {
    return readAck(answer) ?? foreignAnswer(answer, address);
  }
  const error = readConnectError(answer.status, answer.body);
  error.retryDelayMs ??= retryAfterMs(answer.headers.get('retry-after') ?? '');
  if (answer.status === payloadTooLarge && error.reason === undefined) {
    // Too large for somebody on the way, as it may be for the collector itself: the same remedy.
    return refusal(error, ErrorReason.SEALED_TOO_LARGE, Outcome.REJECTED);
  }
  return readPublishError(error, codeMeaning(error.code), address);
}

function readAck({ headers, body }: HttpAnswer): Ack | undefined {
  if (!contentTypeOf(headers).startsWith('application/proto')) return undefined;
  try {
    return decodeAcks(body)[0];
  } catch {
    return undefined;
  }
}

/** A login page of the network, for one, is answered with success. */
function foreignAnswer({ headers }: HttpAnswer, address: string): ChannelError {
  return new ChannelError(
    `${address}: answered with ${contentTypeOf(headers) || 'something'} that is no acknowledgement; is it a collector's web port?`,
    {
      kind: 'retryable',
    },
  );
}

function contentTypeOf(headers: HttpAnswer['headers']): string {
  return headers.get('content-type') ?? '';
}

/** Seconds. A date is left to the client's own backoff: the clocks may differ. */
function retryAfterMs(header: string): number {
  return /^\d{1,9}$/.test(header) ? Number(header) * 1000 : 0;
}
