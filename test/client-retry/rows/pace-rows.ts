import { ErrorReason, Outcome } from '@telemetry/gen';
import { expect, vi } from 'vitest';
import { retryBudgetWindows, settledBatchesPerRetry } from '../../../client/src/limits.ts';
import { resumeWaitMs } from '../../../client/src/resume-pace.ts';
import { defaultRetryPolicy } from '../../../client/src/retry-decision.ts';
import { duration } from '../../client/support/status-details.ts';
import { expectKind } from '../support/expect-kind.ts';
import type { RowTests } from '../support/row-test.ts';
import { holdMsMin, openScene } from '../support/scene.ts';

const waiting = { timeout: 20_000, interval: 2 };
const yearMs = 365 * 24 * 3_600_000;
/** Node's timers may fire a millisecond early. */
const earlyMs = 2;

/** Of when the client comes back, and with how much. */
export const paceRows: RowTests = {
  'delay-accepted': async () => {
    await using scene = await openScene();
    scene.collector.answer = () => ({ kind: 'accept', retryDelayMs: 130 });
    scene.log(1);
    await vi.waitFor(() => expect(scene.telemetry.stats().acknowledged).toBe(1), waiting);
    scene.log(1);
    await scene.settle();
    expect(scene.pausesMs[0]).toBeGreaterThanOrEqual(130 - earlyMs);
  },
  'delay-deferred': async () => {
    await using scene = await openScene();
    scene.collector.answer = ({ attempt }) => (attempt < 3 ? { kind: 'defer', retryDelayMs: 130 } : { kind: 'accept' });
    scene.log(1);
    // Not even for somebody who waits.
    await scene.telemetry.flush();
    await scene.settle();
    expect(scene.pausesMs).toHaveLength(2);
    expect(Math.min(...scene.pausesMs)).toBeGreaterThanOrEqual(130 - earlyMs);
  },
  'delay-negative': () =>
    expectKind('retry', {
      kind: 'acks',
      keep: false,
      acks: [{ outcome: Outcome.DEFERRED, retryDelay: duration(-5_000) }],
    }),
  'delay-huge': async () => {
    await using scene = await openScene({ retry: { maxRetryDelayMs: 120 } });
    scene.collector.answer = ({ attempt }) =>
      attempt === 1 ? { kind: 'defer', retryDelayMs: yearMs } : { kind: 'accept' };
    scene.log(1);
    await scene.settle();
    expect(scene.pausesMs[0]).toBeGreaterThanOrEqual(120 - earlyMs);
    expect(defaultRetryPolicy.maxRetryDelayMs).toBe(3_600_000);
  },
  'unauthenticated-mended': async () => {
    await using scene = await openScene();
    scene.collector.answer = ({ attempt }) =>
      attempt < 3 ? { kind: 'reject', reason: ErrorReason.UNAUTHENTICATED } : { kind: 'accept' };
    scene.log(5);
    await scene.settle();
    expect(scene.errors.map(({ kind, reason }) => [kind, reason])).toStrictEqual(
      Array(2).fill(['permanent', ErrorReason.UNAUTHENTICATED]),
    );
    expect(Math.min(...scene.pausesMs)).toBeGreaterThanOrEqual(holdMsMin);
    expect(scene.telemetry.stats()).toMatchObject({ acknowledged: 5, dropped: 0 });
  },
  'probe-one': async () => {
    await using scene = await openScene({ windowBatches: 8 });
    const { collector } = scene;
    // The window is deferred as a whole, and so are the first two probes.
    collector.answer = () =>
      collector.arrivals.length <= 10 ? { kind: 'defer', retryDelayMs: 20 } : { kind: 'accept' };
    scene.logBatches(8);
    await scene.settle();
    const times = collector.arrivals.map(({ timeMs }) => timeMs);
    const pause = (at: number) => (times[at] ?? 0) - (times[at - 1] ?? 0);
    // Eight, then one, one, one, each after a wait of its own.
    expect(Math.min(pause(9), pause(10))).toBeGreaterThanOrEqual(20 - earlyMs);
  },
  'probe-other': async () => {
    await using scene = await openScene({ windowBatches: 4 });
    let isPoisoned = true;
    scene.collector.answer = ({ batch }) =>
      isPoisoned && batch.events.some(({ seq }) => seq === 1n) ? { kind: 'break', keep: false } : { kind: 'accept' };
    scene.logBatches(6);
    const others = () => expect(scene.telemetry.stats().pending).toBeLessThanOrEqual(17);
    await vi.waitFor(others, waiting);
    expect(scene.telemetry.stats().pending).toBeGreaterThan(0);
    isPoisoned = false;
    await scene.settle();
  },
  'backoff-doubles': async () => {
    const platform = { random: () => 1 - Number.EPSILON };
    await using scene = await openScene({ platform, retry: { initialBackoffMs: 20, maxBackoffMs: 80 } });
    scene.collector.answer = ({ attempt }) => (attempt < 5 ? { kind: 'defer', retryDelayMs: 0 } : { kind: 'accept' });
    scene.log(1);
    await scene.settle();
    expect(scene.pausesMs).toHaveLength(4);
    for (const [index, leastMs] of [20, 40, 80, 80].entries()) {
      expect(scene.pausesMs[index]).toBeGreaterThanOrEqual(leastMs - earlyMs);
    }
  },
  budget: async () => {
    let waits = 0;
    const random = () => {
      waits += 1;
      return 0.5;
    };
    const windowBatches = 6;
    await using scene = await openScene({ windowBatches, platform: { random }, retry: { maxBackoffMs: 8 } });
    let count = 0;
    scene.collector.answer = () =>
      count++ % windowBatches === 0 ? { kind: 'accept' } : { kind: 'defer', retryDelayMs: 0 };
    scene.logBatches(24);
    await scene.settle();
    const settled = scene.telemetry.stats().acknowledgedBatches;
    const inVain = scene.eventArrivals.length - settled;
    // A window in vain for each wait would be five times as many.
    const budget = retryBudgetWindows * windowBatches + settled / settledBatchesPerRetry;
    expect(inVain).toBeLessThanOrEqual(budget + waits);
  },
  resume: async () => {
    const speed = 50;
    const outageMs = 61_000;
    const platform = {
      monotonicMs: () => performance.now() * speed,
      setTimer: (callback: () => void, delayMs: number) => {
        const timer = setTimeout(callback, delayMs / speed).unref();
        return { cancel: () => clearTimeout(timer) };
      },
    };
    await using scene = await openScene({ platform, ackTimeoutMs: yearMs, retry: defaultRetryPolicy });
    const { collector } = scene;
    // Whoever sends again has seen a failure before.
    const beganMs = () => collector.arrivals.find(({ attempt }) => attempt > 1)?.timeMs ?? Number.POSITIVE_INFINITY;
    const isBack = (timeMs: number) => (timeMs - beganMs()) * speed >= outageMs;
    collector.answer = ({ timeMs }) => (isBack(timeMs) ? { kind: 'accept' } : { kind: 'defer', retryDelayMs: 0 });
    scene.logBatches(40);
    await scene.settle();
    const [probe, ...others] = collector.arrivals.filter(({ timeMs }) => isBack(timeMs));
    expect(others.length).toBeGreaterThanOrEqual(35);
    for (const [index, { timeMs }] of others.entries()) {
      const dueMs = resumeWaitMs(index, 0, defaultRetryPolicy.resumeBatchesPerSecond);
      expect((timeMs - (probe?.timeMs ?? 0)) * speed).toBeGreaterThanOrEqual(dueMs);
    }
  },
};
