import { Durability, type Outcome, Outcome as Outcomes } from '@telemetry/gen';
import { expect } from 'vitest';
import { expectKind } from '../support/expect-kind.ts';
import type { RowTests } from '../support/row-test.ts';
import { numbers, openRawScene, openScene } from '../support/scene.ts';

/** Length-delimited fields of numbers that no ack has, one of them large. */
const laterFields = Uint8Array.from([0xfa, 0x3f, 3, 1, 2, 3, 0xd0, 0x5d, 9]);

/** An ack that keeps the batch or does not: it ends it. */
async function expectTaken(outcome: Outcome, durability: Durability): Promise<void> {
  await using scene = await openScene();
  scene.collector.answer = () => ({ kind: 'acks', keep: true, acks: [{ outcome, durability }] });
  scene.log(6);
  await scene.settle();
  expect(scene.eventArrivals).toHaveLength(1);
}

/** Of acknowledgements. */
export const ackRows: RowTests = {
  'ack-lost': async () => {
    await using scene = await openScene();
    scene.collector.answer = ({ attempt }) => (attempt === 1 ? { kind: 'break', keep: true } : { kind: 'accept' });
    scene.logBatches(5);
    await scene.settle();
    // Which of those on their way arrived before a connection broke is up to the network.
    const again = scene.collector.arrivals.filter(({ earlier }) => earlier > 0);
    const batches = new Set(again.map(({ batch }) => batch.events[0]?.seq ?? batch.dropped[0]?.firstSeq));
    expect(batches.size).toBeGreaterThan(0);
    expect(scene.telemetry.stats().duplicateBatches).toBe(batches.size);
  },
  'ack-duplicate': () => expectTaken(Outcomes.DUPLICATE, Durability.SPOOLED),
  'ack-durability-not-known': () => expectTaken(Outcomes.ACCEPTED, 77 as Durability),
  'ack-no-durability': () =>
    expectKind('retry', { kind: 'acks', keep: true, acks: [{ outcome: Outcomes.ACCEPTED, acceptedEvents: 6 }] }),
  'ack-no-outcome': () => expectKind('retry', { kind: 'acks', keep: false, acks: [{}] }),
  'ack-outcome-not-known': () => expectKind('retry', { kind: 'acks', keep: false, acks: [{ outcome: 77 as Outcome }] }),
  'ack-in-part': async () => {
    await using scene = await openScene();
    scene.collector.answer = () => ({ kind: 'accept', drop: [0, 2] });
    scene.log(6);
    await expect.poll(() => scene.telemetry.stats()).toMatchObject({ acknowledged: 4, dropped: 2, pending: 0 });
    await scene.telemetry.shutdown();
    expect(scene.collector.arrivals).toHaveLength(1);
    expect(scene.telemetry.stats().undeclared).toBe(0);
  },
  'ack-missing': async () => {
    await using scene = await openScene({ ackTimeoutMs: 500 });
    scene.collector.answer = ({ batch, attempt }) =>
      attempt === 1 && batch.events[0]?.seq === 1n ? { kind: 'silence' } : { kind: 'accept' };
    scene.logBatches(4);
    await scene.settle();
    const again = scene.eventArrivals.filter(({ attempt }) => attempt > 1);
    expect(again.map(({ batch }) => batch.events[0]?.seq)).toStrictEqual([1n]);
  },
  'ack-twice': async () => {
    await using scene = await openScene();
    const first = { outcome: Outcomes.ACCEPTED, durability: Durability.SPOOLED };
    const acks = [first, { ...first }, { outcome: Outcomes.REJECTED }];
    scene.collector.answer = () => ({ kind: 'acks', keep: true, acks });
    scene.logBatches(3);
    await scene.settle();
    expect(scene.telemetry.stats().acknowledged).toBe(scene.telemetry.stats().highestSeq);
  },
  'ack-not-asked': async () => {
    await using scene = await openScene();
    const taken = { outcome: Outcomes.ACCEPTED, durability: Durability.SPOOLED };
    const acks = [{ ...taken, requestIndex: 4_000n }, { ...taken, requestIndex: 2n ** 53n - 1n }, taken];
    scene.collector.answer = () => ({ kind: 'acks', keep: true, acks });
    scene.logBatches(3);
    await scene.settle();
    expect(scene.errors).toStrictEqual([]);
  },
  'ack-out-of-order': async () => {
    await using scene = await openRawScene();
    const held: Parameters<typeof scene.collector.onMessage>[1][number][] = [];
    scene.collector.onMessage = (call, arrivals) => {
      held.push(...arrivals);
      if (held.length >= 4) {
        const [first, ...others] = held.splice(0);
        call.accept(others.reverse());
        call.sendAcks(first === undefined ? [] : [{ requestIndex: first.requestIndex, outcome: Outcomes.DEFERRED }]);
      } else if (scene.collector.arrivals.length > 4) {
        call.accept(held.splice(0));
      }
    };
    scene.logBatches(4);
    await scene.settle();
    const again = scene.eventArrivals.filter(({ attempt }) => attempt > 1);
    expect(again.map(({ batch }) => batch.events[0]?.seq)).toStrictEqual([1n]);
  },
  'ack-fields-not-known': async () => {
    await using scene = await openRawScene();
    scene.collector.onMessage = (call, arrivals) => {
      call.sendMessage(laterFields);
      call.accept(arrivals);
    };
    scene.log(6);
    await scene.settle();
    expect(scene.eventArrivals).toHaveLength(1);
    expect(scene.errors).toStrictEqual([]);
    expect(scene.collector.storedNumbers()).toStrictEqual(numbers(6));
  },
};
