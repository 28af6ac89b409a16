/** When it is worth waiting for more batches; see `limits.ts`. */
export interface GatherBounds {
  /** How long is waited, in milliseconds. */
  readonly holdMs: number;
  /** Batches that a wait must be expected to bring. */
  readonly batchesMin: number;
  /** Time for which it is decided at once, whether there are waits. */
  readonly windowMs: number;
  /** Windows with waits before there is one without, for comparison. */
  readonly windowsHeldMax: number;
  /** A process that has more to do than this share of the time does not wait. */
  readonly busyShareMax: number;
  /** Senders that send so many times as much without waits wait themselves, for acknowledgements. */
  readonly hurryRatio: number;
  /** For so long they are not kept waiting then. */
  readonly pauseMs: number;
}

/**
 * Decides whether to wait for more batches before the next ones are read: while so many come that a wait brings several, and the process has time. Whoever
 * sends when he has the answer to the last would send less for each wait; so one window with waits is held against one without.
 */
export class GatherRule {
  readonly #bounds: GatherBounds;
  #holds = false;
  #startMs: number;
  #startBusyMs: number;
  #batches = 0;
  /** Batches a millisecond in the last window without waits. */
  #freeRate = 0;
  #windowsHeld = 0;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  /**
   * @param nowMs by a clock that never steps, as in all methods
   * @param busyMs for how long the process has had something to do so far
   */
  constructor(bounds: GatherBounds, nowMs: number, busyMs: number) {
    this.#bounds = bounds;
    this.#startMs = nowMs;
    this.#startBusyMs = busyMs;
  }

  /** Whether to wait now. */
  get holds(): boolean {
    return this.#holds;
  }

  /** Counts batches that have come; `busyMs` is asked at the end of a window alone. */
  note(batches: number, nowMs: number, busyMs: () => number): void {
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs >= this.#bounds.windowMs) {
      const busyNowMs = busyMs();
      this.#holds = this.#decide(nowMs, this.#batches / elapsedMs, (busyNowMs - this.#startBusyMs) / elapsedMs);
      this.#startMs = nowMs;
      this.#startBusyMs = busyNowMs;
      this.#batches = 0;
    }
    this.#batches += batches;
  }

  /** At the end of a window: whether there are waits in the next one. */
  #decide(nowMs: number, rate: number, busyShare: number): boolean {
    const { holdMs, batchesMin, windowsHeldMax, busyShareMax, hurryRatio, pauseMs } = this.#bounds;
    if (!this.#holds) {
      this.#freeRate = rate;
      this.#windowsHeld = 0;
    } else if (this.#freeRate >= rate * hurryRatio) this.#pausedUntilMs = nowMs + pauseMs;
    if (nowMs < this.#pausedUntilMs || busyShare > busyShareMax || rate * holdMs < batchesMin) return false;
    return ++this.#windowsHeld <= windowsHeldMax;
  }
}
