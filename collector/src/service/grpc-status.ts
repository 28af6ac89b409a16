import { create, type Message, toBinary } from '@bufbuild/protobuf';
import { anyPack, type Duration } from '@bufbuild/protobuf/wkt';
import { ErrorReason, ErrorReasonSchema } from '@telemetry/gen';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@telemetry/gen/google-rpc';
import { type CallContext, ServerError, Status } from 'nice-grpc';
import type { Refusal } from '../admission/refusal.ts';

const DOMAIN = 'telemetry.v1';
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

/** Turns a refusal into the error that nice-grpc sends, with the rich error model in the trailer. */
export function toServerError(refusal: Refusal, context: CallContext): ServerError {
  const code = statusOf(refusal.reason);
  const details: Message[] = [create(ErrorInfoSchema, { reason: nameOf(refusal.reason), domain: DOMAIN })];
  if (code === Status.INVALID_ARGUMENT) {
    const fieldViolations = [{ field: refusal.field, description: refusal.message, reason: nameOf(refusal.reason) }];
    details.push(create(BadRequestSchema, { fieldViolations }));
  }
  if (refusal.permanence.kind === 'retryable') {
    details.push(create(RetryInfoSchema, { retryDelay: toDuration(refusal.permanence.retryDelayMs) }));
  }
  const status = create(StatusSchema, { code, message: refusal.message, details: details.map(pack) });
  context.trailer.set(DETAILS_TRAILER, toBinary(StatusSchema, status));
  return new ServerError(code, refusal.message);
}

const SCHEMAS = [ErrorInfoSchema, BadRequestSchema, RetryInfoSchema];

function pack(detail: Message) {
  const schema = SCHEMAS.find((candidate) => candidate.typeName === detail.$typeName);
  if (schema === undefined) throw new Error(`No schema for ${detail.$typeName}.`);
  return anyPack(schema, detail as never);
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
