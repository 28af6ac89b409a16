import { retryBudgetWindows, settledBatchesPerRetry } from './limits.ts';

/**
 * How many batches may still be sent in vain. What is settled earns a part of one, what is refused for now or gets no answer costs one. So
 * what a channel sends in vain is bounded by what it delivers, and retries cannot double the load of a collector in trouble.
 */
export class RetryBudget {
  /** In parts of a batch, `settledBatchesPerRetry` to one. */
  readonly #partsMax: number;
  #parts: number;

  constructor(windowBatches: number) {
    this.#partsMax = windowBatches * retryBudgetWindows * settledBatchesPerRetry;
    this.#parts = this.#partsMax;
  }

  /** Whether less than one is left: then the channel asks no more often than a client at rest sends. */
  get isSpent(): boolean {
    return this.#parts < settledBatchesPerRetry;
  }

  /** How many batches may be under way, at least one: no more than the budget could pay for if all of them came back. */
  get batchesAtOnce(): number {
    return Math.max(1, Math.floor(this.#parts / settledBatchesPerRetry));
  }

  /** A batch was settled. */
  earn(): void {
    this.#parts = Math.min(this.#partsMax, this.#parts + 1);
  }

  /** So many were sent in vain. */
  spend(batches: number): void {
    this.#parts = Math.max(0, this.#parts - batches * settledBatchesPerRetry);
  }
}
