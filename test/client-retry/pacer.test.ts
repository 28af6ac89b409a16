import { describe, expect, test } from 'vitest';
import { outageMsMin, resumeDoublingMs, retryBudgetWindows, settledBatchesPerRetry } from '../../client/src/limits.ts';
import { Pacer } from '../../client/src/pacer.ts';
import { resumeWaitMs } from '../../client/src/resume-pace.ts';
import { RetryBudget } from '../../client/src/retry-budget.ts';
import { defaultRetryPolicy, spentRetryDelayMs } from '../../client/src/retry-decision.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';

const failure = { kind: 'retryable', retryDelayMs: 0 } as const;
const windowBatches = 16;

describe('the budget of retries', () => {
  test('is so many windows at first, and never more', () => {
    const budget = new RetryBudget(windowBatches);
    const full = windowBatches * retryBudgetWindows;
    expect(budget.batchesAtOnce).toBe(full);
    budget.earn();
    expect(budget.batchesAtOnce).toBe(full);
    budget.spend(1);
    expect(budget.batchesAtOnce).toBe(full - 1);
    budget.spend(full - 2);
    expect([budget.batchesAtOnce, budget.isSpent]).toStrictEqual([1, false]);
    budget.spend(1);
    expect([budget.batchesAtOnce, budget.isSpent]).toStrictEqual([1, true]);
    budget.spend(1_000);
    expect(budget.isSpent).toBe(true);
  });

  test('is earned by what is settled: below, at and above so many', () => {
    const budget = new RetryBudget(windowBatches);
    budget.spend(1_000);
    for (let settled = 1; settled < settledBatchesPerRetry; settled++) {
      budget.earn();
      expect(budget.isSpent).toBe(true);
    }
    budget.earn();
    expect([budget.batchesAtOnce, budget.isSpent]).toStrictEqual([1, false]);
    for (let settled = 1; settled <= settledBatchesPerRetry; settled++) {
      budget.earn();
    }
    expect(budget.batchesAtOnce).toBe(2);
  });
});

describe('the wait with the budget spent', () => {
  test('is a minute on average, after what the collector asked for, and as long as ever where a person has to help', () => {
    expect(spentRetryDelayMs(failure, defaultRetryPolicy, 0)).toBe(0);
    expect(spentRetryDelayMs(failure, defaultRetryPolicy, 0.5)).toBe(60_000);
    expect(spentRetryDelayMs({ ...failure, retryDelayMs: 7_000 }, defaultRetryPolicy, 0.5)).toBe(67_000);
    expect(spentRetryDelayMs({ ...failure, retryDelayMs: 1e12 }, defaultRetryPolicy, 0)).toBe(3_600_000);
    expect(spentRetryDelayMs({ kind: 'permanent', retryDelayMs: 0 }, defaultRetryPolicy, 0)).toBe(150_000);
  });

  test('comes with the failure that spends it, and ends with what is earned', async () => {
    const platform = new ManualPlatform();
    const pacer = new Pacer(defaultRetryPolicy, windowBatches, platform);
    pacer.failed(failure, windowBatches);
    expect(pacer.remainingMs()).toBe(250);
    expect(pacer.windowBatches).toBe(windowBatches);
    await platform.advance(250);
    pacer.failed(failure, windowBatches);
    expect(pacer.remainingMs()).toBe(60_000);
    expect(pacer.windowBatches).toBe(1);
    await platform.advance(60_000);
    for (let settled = 0; settled < 2 * settledBatchesPerRetry; settled++) {
      pacer.succeeded();
    }
    expect(pacer.windowBatches).toBe(2);
    pacer.failed(failure, 1);
    expect(pacer.remainingMs()).toBe(250);
  });
});

describe('the pace after an outage', () => {
  test('is so many batches in the first second, about; the rate doubles; and a day takes a minute', () => {
    const perSecond = defaultRetryPolicy.resumeBatchesPerSecond;
    expect(resumeWaitMs(0, 0, perSecond)).toBe(0);
    expect(resumeWaitMs(perSecond, 0, perSecond) / 1000).toBeCloseTo(1, 1);
    const sentBy = (untilMs: number) => {
      let batches = 0;
      while (resumeWaitMs(batches, untilMs, perSecond) === 0) batches += 1;
      return batches;
    };
    const first = sentBy(resumeDoublingMs);
    const second = sentBy(2 * resumeDoublingMs) - first;
    expect(second / first).toBeCloseTo(2, 1);
    expect(resumeWaitMs(1_440, 0, perSecond)).toBeGreaterThan(50_000);
    expect(resumeWaitMs(1_440, 0, perSecond)).toBeLessThan(70_000);
    expect(resumeWaitMs(10, 1e9, perSecond)).toBe(0);
    expect(resumeWaitMs(1_000_000, 0, Number.POSITIVE_INFINITY)).toBe(0);
  });

  test.each([
    ['below', outageMsMin - 1, false],
    ['at', outageMsMin, true],
    ['above', outageMsMin + 1, true],
  ])('is kept after a failure %s the length of an outage: %d ms', async (_where, lengthMs, isPaced) => {
    const platform = new ManualPlatform();
    const pacer = new Pacer(defaultRetryPolicy, windowBatches, platform);
    pacer.failed(failure, 1);
    await platform.advance(lengthMs);
    pacer.failed(failure, 1);
    pacer.succeeded();
    pacer.sent();
    expect(pacer.resumeMs(platform.monotonicMs()) > 0).toBe(isPaced);
  });

  test('ends when nothing is left to send, and when somebody waits', () => {
    const platform = new ManualPlatform();
    const pacer = new Pacer(defaultRetryPolicy, windowBatches, platform);
    for (const end of [() => pacer.caughtUp(), () => pacer.hurry(true)]) {
      pacer.resume();
      expect(pacer.resumeMs(platform.monotonicMs())).toBe(0);
      pacer.sent();
      expect(pacer.resumeMs(platform.monotonicMs())).toBeGreaterThan(0);
      end();
      pacer.sent();
      expect(pacer.resumeMs(platform.monotonicMs())).toBe(0);
    }
  });

  test('is kept when there is a network again, although the wait is cut short', () => {
    const platform = new ManualPlatform();
    const pacer = new Pacer(defaultRetryPolicy, windowBatches, platform);
    pacer.resume();
    pacer.sent();
    const waitMs = pacer.resumeMs(platform.monotonicMs());
    pacer.failed(failure, 1);
    expect(pacer.remainingMs()).toBeGreaterThan(0);
    pacer.hurry(false);
    expect([pacer.remainingMs(), pacer.resumeMs(platform.monotonicMs())]).toStrictEqual([0, waitMs]);
    expect(waitMs).toBeGreaterThan(0);
  });
});
