import { fromBinary } from '@bufbuild/protobuf';
import { StatusSchema } from '@telemetry/gen/google-rpc';
import { ClientError, type Metadata, Status } from 'nice-grpc';
import { ChannelError, toError } from '../errors.ts';
import { failureKindOf } from '../retry-decision.ts';
import { decodeErrorDetail, type ErrorDetails } from '../wire/decode-error-details.ts';

/** Statuses that only a person can change: the address is not a collector's, the key is not accepted, or the call as such is refused. */
const permanentStatuses: ReadonlySet<Status> = new Set([
  Status.UNAUTHENTICATED,
  Status.PERMISSION_DENIED,
  Status.UNIMPLEMENTED,
  Status.INVALID_ARGUMENT,
  Status.FAILED_PRECONDITION,
  Status.NOT_FOUND,
  Status.ALREADY_EXISTS,
]);

/** What a stream that ended by an error says: whether to try again, and when. */
export function toChannelError(thrown: unknown, address: string, trailer: Metadata | undefined): ChannelError {
  if (thrown instanceof ChannelError) {
    return thrown;
  }
  if (!(thrown instanceof ClientError)) {
    return new ChannelError(`${address}: ${toError(thrown).message}`, { kind: 'retryable', cause: thrown });
  }
  const { reason, retryDelayMs } = statusDetails(trailer);
  const kind = failureKindOf(reason) ?? (permanentStatuses.has(thrown.code) ? 'permanent' : 'retryable');
  return new ChannelError(`${address}: ${Status[thrown.code]}: ${thrown.details}`, {
    kind,
    reason,
    retryDelayMs,
    cause: thrown,
  });
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
