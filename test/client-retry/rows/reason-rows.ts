import { DropReason, ErrorReason, ErrorReasonSchema, Outcome } from '@telemetry/gen';
import { Status } from 'nice-grpc';
import { expectKind, type Kind } from '../support/expect-kind.ts';
import type { RowTest, RowTests } from '../support/row-test.ts';

const notKnown = 999 as ErrorReason;
/** With statuses that say the opposite of what the reason says: the reason counts. */
const statusAgainst = { retry: Status.INVALID_ARGUMENT, hold: Status.UNAVAILABLE } as const;

/** One row for each reason: rejected, deferred, and as the status of a stream. */
export const reasonRows: RowTests = Object.fromEntries([
  ...ErrorReasonSchema.values.map(({ number, name }): [string, RowTest] => [
    `reason-${name.replace('ERROR_REASON_', '').toLowerCase().replaceAll('_', '-')}`,
    testOf(number as ErrorReason, name),
  ]),
  ['reason-not-known', testOf(notKnown, 'ERROR_REASON_OF_A_LATER_VERSION')],
]);

function testOf(reason: ErrorReason, name: string): RowTest {
  const dropReason: DropReason =
    reason === ErrorReason.TIME_OUT_OF_RANGE ? DropReason.TIME_OUT_OF_RANGE : DropReason.REJECTED;
  return async ({ rejected, deferred, status }) => {
    await expectKind(rejected as Kind, { kind: 'reject', reason }, { dropReason });
    const rejection = { reason, message: 'as told', field: '' };
    const acks = [{ outcome: Outcome.DEFERRED, rejection }];
    await expectKind(deferred as Kind, { kind: 'acks', keep: false, acks });
    for (const kind of ['retry', 'hold'] as const) {
      if (status === kind) {
        await expectKind(kind, { kind: 'break', keep: false, status: statusAgainst[kind], details: { reason: name } });
      } else if (status === 'by status') {
        const bare = kind === 'retry' ? Status.UNAVAILABLE : Status.INVALID_ARGUMENT;
        await expectKind(kind, { kind: 'break', keep: false, status: bare, details: { reason: name } });
      }
    }
  };
}
