import { outageMsMin } from './limits.ts';
import type { Platform } from './platform.ts';
import { resumeWaitMs } from './resume-pace.ts';
import { RetryBudget } from './retry-budget.ts';
import { type Failure, type RetryPolicy, retryDelayMs, spentRetryDelayMs } from './retry-decision.ts';

/**
 * Says when the next attempt may be made, after what the collector asked for and after the client's own backoff, and how much may be under
 * way: within the budget of retries, and at the pace of one who comes back after an outage.
 */
export class Pacer {
  readonly #policy: RetryPolicy;
  readonly #platform: Platform;
  readonly #windowBatches: number;
  readonly #budget: RetryBudget;
  #consecutiveFailures = 0;
  /** When the first of these was. */
  #failingSinceMs = 0;
  /** By the collector's wish: nothing shortens it. */
  #floorUntilMs = 0;
  /** By the client's own backoff too. */
  #untilMs = 0;
  /** What has piled up is being sent. */
  #resuming: { readonly sinceMs: number; sentBatches: number } | undefined;

  constructor(policy: RetryPolicy, windowBatches: number, platform: Platform) {
    this.#policy = policy;
    this.#platform = platform;
    this.#windowBatches = windowBatches;
    this.#budget = new RetryBudget(windowBatches);
  }

  /** How long to wait still; 0: not at all. */
  remainingMs(): number {
    return this.#untilMs === 0 ? 0 : Math.max(0, this.#untilMs - this.#platform.monotonicMs());
  }

  /** Whether the last attempt failed: then one batch is sent to see, and no more before it has an answer. */
  get probing(): boolean {
    return this.#consecutiveFailures > 0;
  }

  /** Batches that may be under way at the same time. */
  get windowBatches(): number {
    return Math.min(this.#windowBatches, this.#budget.batchesAtOnce);
  }

  /**
   * How long to wait before the next batch of what has piled up; 0: not at all.
   *
   * @param nowMs the time, read once by who asks several times: the wait may be over between two readings.
   */
  resumeMs(nowMs: number): number {
    const resuming = this.#resuming;
    if (resuming === undefined) {
      return 0;
    }
    return resumeWaitMs(resuming.sentBatches, nowMs - resuming.sinceMs, this.#policy.resumeBatchesPerSecond);
  }

  /** Much may have piled up: it is sent at the pace of one who comes back. */
  resume(): void {
    this.#resuming = { sinceMs: this.#platform.monotonicMs(), sentBatches: 0 };
  }

  /** A batch was sent. */
  sent(): void {
    if (this.#resuming !== undefined) {
      this.#resuming.sentBatches += 1;
    }
  }

  /** Nothing is left to send. */
  caughtUp(): void {
    this.#resuming = undefined;
  }

  /** A batch was settled. */
  succeeded(): void {
    this.#budget.earn();
    if (this.#consecutiveFailures > 0 && this.#platform.monotonicMs() - this.#failingSinceMs >= outageMsMin) {
      this.resume();
    }
    this.#consecutiveFailures = 0;
  }

  /** The collector said when to come back, whether or not it took what was sent. */
  askedToWait(delayMs: number): void {
    this.#extend(Math.min(delayMs, this.#policy.maxRetryDelayMs));
  }

  /**
   * An attempt failed. Several failures within one wait count as one, since they have one cause; false for all but the first.
   *
   * @param batches that were sent in vain; at least 1, the attempt to connect counting as one.
   */
  failed(failure: Failure, batches: number): boolean {
    this.#budget.spend(batches);
    if (this.remainingMs() > 0) {
      this.askedToWait(failure.retryDelayMs);
      return false;
    }
    if (this.#consecutiveFailures === 0) {
      this.#failingSinceMs = this.#platform.monotonicMs();
    }
    this.#consecutiveFailures += 1;
    const random = this.#platform.random();
    const delayMs = this.#budget.isSpent
      ? spentRetryDelayMs(failure, this.#policy, random)
      : retryDelayMs(failure, this.#consecutiveFailures, this.#policy, random);
    this.askedToWait(failure.retryDelayMs);
    this.#untilMs = Math.max(this.#untilMs, this.#platform.monotonicMs() + delayMs);
    return true;
  }

  /**
   * Gives up the client's own backoff.
   *
   * @param isAwaited whether somebody waits: then the pace of one who comes back is given up, too.
   */
  hurry(isAwaited: boolean): void {
    this.#untilMs = Math.min(this.#untilMs, this.#floorUntilMs);
    if (isAwaited) {
      this.#resuming = undefined;
    }
  }

  #extend(delayMs: number): void {
    if (delayMs > 0) {
      this.#floorUntilMs = Math.max(this.#floorUntilMs, this.#platform.monotonicMs() + delayMs);
      this.#untilMs = Math.max(this.#untilMs, this.#floorUntilMs);
    }
  }
}
