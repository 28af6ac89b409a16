import { ErrorReason, protocolLimits } from '@telemetry/gen';
import { Status } from 'nice-grpc';
import { expect } from 'vitest';
import { expectKind, type Kind, type KindDetails } from '../support/expect-kind.ts';
import type { RowTest, RowTests } from '../support/row-test.ts';
import { holdMsMin, openRawScene, openScene } from '../support/scene.ts';

const statusNames = Object.entries(Status).filter((entry): entry is [string, Status] => typeof entry[1] === 'number');
const yearMs = 365 * 24 * 3_600_000;

/** One row for each status but OK. */
const bareStatusRows: RowTests = Object.fromEntries(
  statusNames
    .filter(([, status]) => status !== Status.OK)
    .map(([name, status]): [string, RowTest] => [
      `status-${name.toLowerCase().replaceAll('_', '-')}`,
      async (columns) => {
        expect(columns.status).toBe(name);
        // Where the stream is not there `Publish` is tried, which is not there either: an attempt that does not arrive.
        const details: KindDetails = status === Status.UNIMPLEMENTED ? { attempts: [1, 3] } : {};
        await expectKind(columns['the client'] as Kind, { kind: 'break', keep: false, status }, details);
        // Taken, and only the answer was lost: the same, and counted once.
        await expectKind(columns['the client'] as Kind, { kind: 'break', keep: true, status }, details);
      },
    ]),
);

async function expectFloor(status: Status, reason: ErrorReason, floorMs: number): Promise<void> {
  await using scene = await openScene();
  scene.collector.answer = ({ attempt }) =>
    attempt < 3
      ? { kind: 'break', keep: false, status, details: { reason, retryDelayMs: floorMs } }
      : { kind: 'accept' };
  scene.log(3);
  await scene.settle();
  expect(scene.pausesMs).toHaveLength(2);
  // Node's timers may fire a millisecond early.
  expect(Math.min(...scene.pausesMs)).toBeGreaterThanOrEqual(floorMs - 2);
}

/** Of the details of a status. */
export const statusRows: RowTests = {
  ...bareStatusRows,
  'retry-info': () => expectFloor(Status.RESOURCE_EXHAUSTED, ErrorReason.OVERLOADED, 130),
  'retry-info-unavailable': () => expectFloor(Status.UNAVAILABLE, ErrorReason.SHUTTING_DOWN, 130),
  'retry-info-hold': () => expectFloor(Status.UNAUTHENTICATED, ErrorReason.UNAUTHENTICATED, 130 + holdMsMin),
  'retry-info-huge': async () => {
    await using scene = await openScene({ retry: { maxRetryDelayMs: 120 } });
    const details = { reason: ErrorReason.OVERLOADED, retryDelayMs: yearMs };
    scene.collector.answer = ({ attempt }) =>
      attempt === 1 ? { kind: 'break', keep: false, details } : { kind: 'accept' };
    scene.log(3);
    await scene.settle();
    expect(scene.pausesMs[0]).toBeGreaterThanOrEqual(118);
  },
  'details-not-readable': async () => {
    const details = Uint8Array.from([0x1a, 0xff, 0xff, 0xff, 0x7f, 1]);
    await expectKind('retry', { kind: 'break', keep: false, status: Status.UNAVAILABLE, details });
    await expectKind('hold', { kind: 'break', keep: false, status: Status.NOT_FOUND, details });
  },
  'details-other-domain': async () => {
    const details = { reason: ErrorReason.UNAUTHENTICATED, domain: 'proxy.example' };
    await expectKind('retry', { kind: 'break', keep: false, status: Status.UNAVAILABLE, details });
    const overloaded = { reason: ErrorReason.OVERLOADED, domain: 'proxy.example' };
    await expectKind('hold', { kind: 'break', keep: false, status: Status.NOT_FOUND, details: overloaded });
  },
  'too-large-message': async () => {
    await using scene = await openRawScene();
    const bytesMax = protocolLimits.sealedBytesMax + 64 * 1024;
    scene.collector.onMessage = (call, arrivals) =>
      scene.collector.messageBytesMax > bytesMax ? call.end(Status.RESOURCE_EXHAUSTED) : call.accept(arrivals);
    for (let index = 0; index < 2_000; index++) {
      // Does not compress, so that each batch is nearly as large as one may be.
      const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(700))).toString('base64');
      scene.telemetry.log({ name: 'noise', properties: { noise } });
    }
    await scene.settle();
    expect(scene.errors).toStrictEqual([]);
    expect(scene.eventArrivals.length).toBeGreaterThan(4);
    expect(scene.collector.messageBytesMax).toBeGreaterThan(protocolLimits.sealedBytesMax / 2);
  },
};
