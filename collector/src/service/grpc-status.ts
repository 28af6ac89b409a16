import { create, type DescMessage, type Message, toBinary } from '@bufbuild/protobuf';
import { anyPack, type Duration } from '@bufbuild/protobuf/wkt';
import { ErrorReason, ErrorReasonSchema } from '@telemetry/gen';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@telemetry/gen/google-rpc';
import { type CallContext, ServerError, Status } from 'nice-grpc';
import type { Refusal } from '../admission/refusal.ts';

const DOMAIN = 'telemetry.v1';
/** Where the rich error model rides. */
const DETAILS_TRAILER = 'grpc-status-details-bin';

/** The gRPC status that goes with each reason; all others are INVALID_ARGUMENT. The table in `proto/README.md` says the same. */
const STATUS_OF_REASON = new Map<ErrorReason, Status>([
  [ErrorReason.SEQUENCE_CONFLICT, Status.ALREADY_EXISTS],
  [ErrorReason.OVERLOADED, Status.RESOURCE_EXHAUSTED],
  [ErrorReason.SHUTTING_DOWN, Status.UNAVAILABLE],
  [ErrorReason.STORAGE_UNAVAILABLE, Status.UNAVAILABLE],
  [ErrorReason.UNAUTHENTICATED, Status.UNAUTHENTICATED],
  [ErrorReason.PERMISSION_DENIED, Status.PERMISSION_DENIED],
  [ErrorReason.VERSION_CONFLICT, Status.FAILED_PRECONDITION],
  [ErrorReason.INTERNAL, Status.INTERNAL],
]);

/** The gRPC status of a refusal. */
export function statusOf(reason: ErrorReason): Status {
  return STATUS_OF_REASON.get(reason) ?? Status.INVALID_ARGUMENT;
}

/** The name of a reason as it stands in `ErrorInfo.reason`. */
export function nameOf(reason: ErrorReason): string {
  return ErrorReasonSchema.value[reason]?.name ?? `ERROR_REASON_${reason}`;
}

/** A detail of the rich error model, and its schema. */
export interface ErrorDetail {
  readonly desc: DescMessage;
  readonly value: Message;
}

/** What goes with the code of a refusal, whatever protocol carries it. */
export function detailsOf(refusal: Refusal): ErrorDetail[] {
  const reason = nameOf(refusal.reason);
  const details: ErrorDetail[] = [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, domain: DOMAIN }) },
  ];
  if (statusOf(refusal.reason) === Status.INVALID_ARGUMENT) {
    const fieldViolations = [{ field: refusal.field, description: refusal.message, reason }];
    details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) });
  }
  if (refusal.permanence.kind === 'retryable') {
    const retryDelay = toDuration(refusal.permanence.retryDelayMs);
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return details;
}

/** Gives the rich error model of a refusal to `set`, with the name of its trailer. */
export function addDetails(refusal: Refusal, set: (trailer: string, value: Uint8Array) => void): void {
  const details = detailsOf(refusal).map(({ desc, value }) => anyPack(desc, value));
  const status = create(StatusSchema, { code: statusOf(refusal.reason), message: refusal.message, details });
  set(DETAILS_TRAILER, toBinary(StatusSchema, status));
}

/** Turns a refusal into the error that nice-grpc sends, with the rich error model in the trailer. */
export function toServerError(refusal: Refusal, context: CallContext): ServerError {
  addDetails(refusal, (trailer, value) => context.trailer.set(trailer, value));
  return new ServerError(statusOf(refusal.reason), refusal.message);
}

/** Milliseconds as a protobuf duration. */
export function toDuration(ms: number): Duration {
  const wholeMs = Math.round(ms);
  const seconds = Math.floor(wholeMs / 1000);
  return {
    $typeName: 'google.protobuf.Duration',
    seconds: BigInt(seconds),
    nanos: (wholeMs - seconds * 1000) * 1_000_000,
  };
}
