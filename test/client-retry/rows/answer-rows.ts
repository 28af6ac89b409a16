import { Status } from 'nice-grpc';
import { expectRawKind } from '../support/expect-kind.ts';
import type { RowTests } from '../support/row-test.ts';

const garbage = Uint8Array.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x07, 0x93, 0x1b]);
const gibibyte = 2 ** 30;

/** Of answers that are none. */
export const answerRows: RowTests = {
  'answer-not-protobuf': () => expectRawKind('retry', (call) => call.sendMessage(garbage)),
  'answer-compressed-garbage': () =>
    expectRawKind('retry', (call) => {
      call.respond({ 'grpc-encoding': 'gzip' });
      call.sendMessage(garbage, { compressed: true });
    }),
  'answer-compression-not-known': () =>
    expectRawKind('retry', (call) => {
      call.respond({ 'grpc-encoding': 'x-later' });
      call.sendMessage(garbage, { compressed: true });
    }),
  'answer-too-long': () => expectRawKind('retry', (call) => call.sendMessage(garbage, { claimedBytes: gibibyte })),
  'answer-truncated': () =>
    expectRawKind('retry', (call) => {
      call.sendMessage(garbage, { claimedBytes: 100 });
      call.end(Status.OK);
    }),
  'answer-without-trailer': () => expectRawKind('retry', (call) => call.end()),
};
