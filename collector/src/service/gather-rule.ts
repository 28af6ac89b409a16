/** When it is worth waiting for more batches, and for how long; see `limits.ts`. */
export interface GatherBounds {
  /** How long is waited, in milliseconds. */
  readonly holdMs: number;
  /** Batches that a wait must bring on average. */
  readonly batchesMin: number;
  /** Time in which batches are counted, by which it is told how many may come. */
  readonly windowMs: number;
  /** For so long nothing is waited for, after waits that have brought too few. */
  readonly pauseMs: number;
}

/** The last wait counts for so much of the average of all before. */
const LAST_WAIT_SHARE = 0.25;

/**
 * Decides whether to wait for more batches before the next ones are read. It does so while many senders send a few hundred batches a second together. One that
 * sends a batch only when it has the answer to the last is as quick without, so a wait that brings no more than one is soon given up.
 */
export class GatherRule {
  readonly #bounds: GatherBounds;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #windowBatches = 0;
  #isExpectingEnough = false;
  /** Batches since the last wait; undefined when there was none. */
  #gathered: number | undefined;
  #gatheredMean: number;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(bounds: GatherBounds) {
    this.#bounds = bounds;
    this.#gatheredMean = this.#firstMean;
  }

  /**
   * Counts batches that have come.
   *
   * @param nowMs by a clock that never steps, as in all methods
   */
  note(batches: number, nowMs: number): void {
    const { holdMs, batchesMin, windowMs } = this.#bounds;
    const elapsedMs = nowMs - this.#windowStartMs;
    if (elapsedMs >= windowMs) {
      this.#isExpectingEnough = (this.#windowBatches * holdMs) / elapsedMs >= batchesMin;
      this.#windowStartMs = nowMs;
      this.#windowBatches = 0;
    }
    this.#windowBatches += batches;
    if (this.#gathered !== undefined) this.#gathered += batches;
  }

  /** Whether to wait now. To be asked when all batches that have come are answered. */
  mayHold(nowMs: number): boolean {
    this.#judgeLastHold(nowMs);
    const holds = this.#isExpectingEnough && nowMs >= this.#pausedUntilMs;
    this.#gathered = holds ? 0 : undefined;
    return holds;
  }

  #judgeLastHold(nowMs: number): void {
    if (this.#gathered === undefined) return;
    this.#gatheredMean += (this.#gathered - this.#gatheredMean) * LAST_WAIT_SHARE;
    if (this.#gatheredMean >= this.#bounds.batchesMin) return;
    this.#pausedUntilMs = nowMs + this.#bounds.pauseMs;
    this.#gatheredMean = this.#firstMean;
  }

  /** Three waits that bring one batch each are the last ones. */
  get #firstMean(): number {
    return 1.5 * this.#bounds.batchesMin;
  }
}
