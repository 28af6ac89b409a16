import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { ErrorReason } from '@telemetry/gen/constants';
import { ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@telemetry/gen/google-rpc';
import { ClientError, type Metadata, Status } from 'nice-grpc';
import { ChannelError, toError } from '../errors.ts';
import { failureKindOf } from '../retry-decision.ts';

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

/** Of the reasons that are ours; somebody between client and collector may use the same names. */
const errorDomain = 'telemetry.v1';

/** `ErrorInfo` and `RetryInfo` of a status, as gRPC carries them in the trailer. What cannot be read is not there. */
function statusDetails(trailer: Metadata | undefined): { reason?: ErrorReason; retryDelayMs?: number } {
  const bytes = trailer?.get('grpc-status-details-bin');
  if (!(bytes instanceof Uint8Array)) {
    return {};
  }
  const found: { reason?: ErrorReason; retryDelayMs?: number } = {};
  try {
    for (const detail of fromBinary(StatusSchema, bytes).details) {
      const delay = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
      if (delay !== undefined) {
        found.retryDelayMs = Math.max(0, Number(delay.seconds) * 1000 + delay.nanos / 1e6);
      }
      const info = anyUnpack(detail, ErrorInfoSchema);
      const reason = info?.domain === errorDomain ? reasonByName.get(info.reason) : undefined;
      if (reason !== undefined) {
        found.reason = reason;
      }
    }
  } catch {
    // Details that are not what they should be: the status itself was told, and the client's own backoff does the rest.
    return found;
  }
  return found;
}

const reasonByName: ReadonlyMap<string, ErrorReason> = new Map(
  Object.entries(ErrorReason).map(([name, reason]) => [`ERROR_REASON_${name}`, reason]),
);
