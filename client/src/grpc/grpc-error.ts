import { fromBinary } from '@bufbuild/protobuf';
import { StatusSchema } from '@telemetry/gen/google-rpc';
import { ClientError, type Metadata, Status } from 'nice-grpc';
import { ChannelError, toError } from '../errors.ts';
import { type CodeMeaning, readPublishError } from '../refused-publish.ts';
import { failureKindOf } from '../retry-decision.ts';
import type { Ack } from '../wire/decode-acks.ts';
import { decodeErrorDetail, type ErrorDetails } from '../wire/decode-error-details.ts';

const meaningByStatus: ReadonlyMap<Status, CodeMeaning> = new Map<Status, CodeMeaning>([
  [Status.INVALID_ARGUMENT, 'drop'],
  [Status.ALREADY_EXISTS, 'drop'],
  [Status.FAILED_PRECONDITION, 'drop'],
  [Status.NOT_FOUND, 'hold'],
  [Status.PERMISSION_DENIED, 'hold'],
  [Status.UNIMPLEMENTED, 'hold'],
  [Status.UNAUTHENTICATED, 'hold'],
]);

/**
 * What a stream that ended by an error says: whether to try again, and when. It speaks of no batch, so that what would drop one holds all of
 * them: only a person can change that the call as such is refused.
 */
export function toChannelError(thrown: unknown, address: string, trailer: Metadata | undefined): ChannelError {
  if (!(thrown instanceof ClientError)) {
    return notOfGrpc(thrown, address);
  }
  const { reason, retryDelayMs } = statusDetails(trailer);
  const kind = failureKindOf(reason) ?? (meaningByStatus.has(thrown.code) ? 'permanent' : 'retryable');
  return new ChannelError(`${address}: ${Status[thrown.code]}: ${thrown.details}`, {
    kind,
    reason,
    retryDelayMs,
    cause: thrown,
  });
}

/** What a `Publish` call that failed says of its batch, or of the whole channel. */
export function toPublishAnswer(thrown: unknown, address: string, trailer: Metadata | undefined): Ack | ChannelError {
  if (!(thrown instanceof ClientError)) {
    return notOfGrpc(thrown, address);
  }
  const error = { code: Status[thrown.code], message: thrown.details, ...statusDetails(trailer) };
  return readPublishError(error, meaningByStatus.get(thrown.code) ?? 'retry', address);
}

/** Whether a receiver says by this that it does not have the call: by the status alone, not for a reason of the protocol. */
export function isUnimplemented(thrown: unknown, trailer: Metadata | undefined): boolean {
  return (
    thrown instanceof ClientError &&
    thrown.code === Status.UNIMPLEMENTED &&
    failureKindOf(statusDetails(trailer).reason) === undefined
  );
}

function notOfGrpc(thrown: unknown, address: string): ChannelError {
  return thrown instanceof ChannelError
    ? thrown
    : new ChannelError(`${address}: ${toError(thrown).message}`, { kind: 'retryable', cause: thrown });
}

/** `ErrorInfo` and `RetryInfo` of a status, as gRPC carries them in the trailer. What cannot be read is not there. */
function statusDetails(trailer: Metadata | undefined): ErrorDetails {
  const bytes = trailer?.get('grpc-status-details-bin');
  const found: ErrorDetails = {};
  if (!(bytes instanceof Uint8Array)) {
    return found;
  }
  try {
    for (const { typeUrl, value } of fromBinary(StatusSchema, bytes).details) {
      decodeErrorDetail(typeUrl.slice(typeUrl.lastIndexOf('/') + 1), value, found);
    }
  } catch {
    // Details that are not what they should be: the status itself was told, and the client's own backoff does the rest.
    return found;
  }
  return found;
}
