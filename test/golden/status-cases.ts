import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@telemetry/gen/google-rpc';
import { canonicalCase, type GoldenCase } from './golden-case.ts';

/** Codes of gRPC, as `google.rpc.Status.code` holds them. */
const invalidArgument = 3;
const resourceExhausted = 8;

function detail<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Any {
  return anyPack(schema, create(schema, init));
}

/** What stands in the trailer `grpc-status-details-bin` when `Publish` fails. */
export function statusCases(): GoldenCase[] {
  const rejected = create(StatusSchema, {
    code: invalidArgument,
    message: 'events[0].seq is 0: number the events of a producer from 1',
    details: [
      detail(ErrorInfoSchema, { reason: 'ERROR_REASON_BAD_SEQUENCE', domain: 'telemetry.v1' }),
      detail(BadRequestSchema, {
        fieldViolations: [{ field: 'events[0].seq', description: 'is 0: number the events of a producer from 1' }],
      }),
    ],
  });
  const overloaded = create(StatusSchema, {
    code: resourceExhausted,
    message: 'the spool is full; send it again later',
    details: [
      detail(ErrorInfoSchema, { reason: 'ERROR_REASON_OVERLOADED', domain: 'telemetry.v1' }),
      detail(RetryInfoSchema, { retryDelay: { seconds: 17n, nanos: 250_000_000 } }),
    ],
  });
  return [
    canonicalCase('status-rejected', StatusSchema, rejected),
    canonicalCase('status-overloaded', StatusSchema, overloaded),
  ];
}
