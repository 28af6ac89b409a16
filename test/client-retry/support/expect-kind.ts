import { DropReason } from '@telemetry/gen';
import { expect } from 'vitest';
import type { CollectorHoldings } from '../../client/support/collector-holdings.ts';
import { type Answer, MisbehavingCollector } from '../../client/support/misbehaving-collector.ts';
import type { RawArrival, RawCall } from './raw-collector.ts';
import { holdMsMin, numbers, openRawScene, openScene, type Scene } from './scene.ts';

/** What a client does with a batch, as the specification calls it. */
export type Kind = 'retry' | 'split' | 'drop' | 'hold';

type AnyScene = Scene<CollectorHoldings & { address: string; start(): Promise<unknown>; kill(): void }>;

const eventCount = 6;

/** What a row says besides. */
export interface KindDetails {
  /** Why what is dropped is declared. Default: as rejected. */
  readonly dropReason?: DropReason;
  /** Attempts with which the events come, until they are taken or given up. Default: 1, and 2 when they are sent again. */
  readonly attempts?: readonly [number, number];
  /** How the collector is set up before anything is sent. */
  readonly prepare?: (collector: MisbehavingCollector) => void;
}

/** How each kind looks from outside, when it was the first sending that went wrong. */
const looks: Record<Kind, (scene: AnyScene, details: KindDetails) => void> = {
  retry: (scene, details) => {
    expectSentAgain(scene, details);
    expect(scene.errors.filter(({ kind }) => kind === 'permanent')).toStrictEqual([]);
  },
  hold: (scene, details) => {
    expectSentAgain(scene, details);
    expect(scene.errors.map(({ kind }) => kind)).toContain('permanent');
    expect(scene.pausesMs[0]).toBeGreaterThanOrEqual(holdMsMin);
  },
  drop: (scene, { dropReason = DropReason.REJECTED }) => {
    expect(scene.eventArrivals).toHaveLength(1);
    const expected = numbers(eventCount).map((seq) => [seq, dropReason]);
    expect([...scene.collector.declaredReasons()]).toStrictEqual(expected);
  },
  split: (scene, { attempts: [first, second] = [1, 2] }) => {
    const [whole, ...halves] = scene.eventArrivals;
    expect(halves.map(({ batch }) => batch.events.length)).toStrictEqual([eventCount / 2, eventCount / 2]);
    expect(halves.map(({ attempt }) => attempt)).toStrictEqual([second, second]);
    expect(whole?.attempt).toBe(first);
    expect(scene.collector.storedNumbers()).toStrictEqual(numbers(eventCount));
  },
};

function expectSentAgain({ eventArrivals, collector }: AnyScene, { attempts = [1, 2] }: KindDetails): void {
  expect(eventArrivals.map(({ attempt }) => attempt)).toStrictEqual(attempts);
  expect(eventArrivals[1]?.sealedBytes).toStrictEqual(eventArrivals[0]?.sealedBytes);
  expect(collector.storedNumbers()).toStrictEqual(numbers(eventCount));
}

/** A gRPC server that gives this answer once and then behaves: the client does what the kind says. */
export async function expectKind(kind: Kind, answer: Answer, details: KindDetails = {}): Promise<void> {
  const collector = new MisbehavingCollector();
  details.prepare?.(collector);
  await using scene = await openScene({}, collector);
  scene.collector.answer = () => (scene.collector.arrivals.length === 1 ? answer : { kind: 'accept' });
  scene.log(eventCount);
  await scene.settle();
  looks[kind](scene, details);
}

/** A server of bare HTTP/2 that does this with the first message and then behaves: the client does what the kind says. */
export async function expectRawKind(
  kind: Kind,
  misbehave: (call: RawCall, arrivals: readonly RawArrival[]) => void,
  details: KindDetails = {},
): Promise<void> {
  await using scene = await openRawScene({ ackTimeoutMs: 10_000 });
  const { collector } = scene;
  collector.onMessage = (call, arrivals) =>
    collector.arrivals.length === 1 ? misbehave(call, arrivals) : call.accept(arrivals);
  scene.log(eventCount);
  await scene.settle();
  looks[kind](scene, details);
}
