import type { Platform } from './platform.ts';
import { type Failure, type RetryPolicy, retryDelayMs } from './retry-decision.ts';

/** Says when the next attempt may be made: after what the collector asked for, and after the client's own backoff. */
export class Pacer {
  readonly #policy: RetryPolicy;
  readonly #platform: Platform;
  #consecutiveFailures = 0;
  /** By the collector's wish: nothing shortens it. */
  #floorUntilMs = 0;
  /** By the client's own backoff too. */
  #untilMs = 0;

  constructor(policy: RetryPolicy, platform: Platform) {
    this.#policy = policy;
    this.#platform = platform;
  }

  /** How long to wait still; 0: not at all. */
  remainingMs(): number {
    return this.#untilMs === 0 ? 0 : Math.max(0, this.#untilMs - this.#platform.monotonicMs());
  }

  /** Whether the last attempt failed: then one batch is sent to see, and no more before it has an answer. */
  get probing(): boolean {
    return this.#consecutiveFailures > 0;
  }

  /** Something was delivered. */
  succeeded(): void {
    this.#consecutiveFailures = 0;
  }

  /** The collector said when to come back, whether or not it took what was sent. */
  askedToWait(delayMs: number): void {
    this.#extend(Math.min(delayMs, this.#policy.maxRetryDelayMs));
  }

  /** An attempt failed. Several failures within one wait count as one, since they have one cause; false for all but the first. */
  failed(failure: Failure): boolean {
    if (this.remainingMs() > 0) {
      this.askedToWait(failure.retryDelayMs);
      return false;
    }
    this.#consecutiveFailures += 1;
    const delayMs = retryDelayMs(failure, this.#consecutiveFailures, this.#policy, this.#platform.random());
    this.askedToWait(failure.retryDelayMs);
    this.#untilMs = Math.max(this.#untilMs, this.#platform.monotonicMs() + delayMs);
    return true;
  }

  /** Somebody waits: gives up the client's own backoff. */
  hurry(): void {
    this.#untilMs = Math.min(this.#untilMs, this.#floorUntilMs);
  }

  #extend(delayMs: number): void {
    if (delayMs > 0) {
      this.#floorUntilMs = Math.max(this.#floorUntilMs, this.#platform.monotonicMs() + delayMs);
      this.#untilMs = Math.max(this.#untilMs, this.#floorUntilMs);
    }
  }
}
