import { type Code, ConnectError } from '@connectrpc/connect';
import type { Refusal } from '../admission/refusal.ts';
import { detailsOf, statusOf } from '../service/grpc-status.ts';

/** Turns a refusal into the error that Connect and gRPC-Web send: the same code and details as over gRPC. */
export function toConnectError(refusal: Refusal): ConnectError {
  // Connect's codes are those of gRPC, number for number.
  const code: Code = statusOf(refusal.reason) as number;
  const error = new ConnectError(refusal.message, code);
  error.details = detailsOf(refusal);
  return error;
}
