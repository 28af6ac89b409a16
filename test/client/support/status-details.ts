import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack, type Duration } from '@bufbuild/protobuf/wkt';
import { type ErrorReason, ErrorReasonSchema } from '@telemetry/gen';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@telemetry/gen/google-rpc';

/** What goes with a status. */
export interface StatusDetails {
  /** A reason of the protocol, or any text. Default: no `ErrorInfo`. */
  readonly reason?: ErrorReason | string;
  /** Default: that of the protocol. */
  readonly domain?: string;
  /** Path of a field that is wrong. Default, and when it is empty: no `BadRequest`. */
  readonly field?: string;
  /** Default: no `RetryInfo`. */
  readonly retryDelayMs?: number;
}

/** The bytes of `grpc-status-details-bin`. */
export function encodeStatusDetails({
  reason,
  domain = 'telemetry.v1',
  field = '',
  retryDelayMs,
}: StatusDetails): Uint8Array {
  const details = [];
  if (reason !== undefined) {
    const name = typeof reason === 'string' ? reason : (ErrorReasonSchema.value[reason]?.name ?? '');
    details.push(anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: name, domain })));
  }
  if (field !== '') {
    const violation = { fieldViolations: [{ field, description: 'as told' }] };
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, violation)));
  }
  if (retryDelayMs !== undefined) {
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: duration(retryDelayMs) })));
  }
  return toBinary(StatusSchema, create(StatusSchema, { details }));
}

/** Milliseconds as a protobuf duration. */
export function duration(ms: number): Duration {
  const seconds = Math.trunc(ms / 1000);
  return {
    $typeName: 'google.protobuf.Duration',
    seconds: BigInt(seconds),
    nanos: Math.round((ms - seconds * 1000) * 1e6),
  };
}
