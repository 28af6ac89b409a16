/** Bounds of a pause, in milliseconds; see `limits.ts`. */
export interface PauseBounds {
  /** A process that has not run for longer than this was paused. */
  readonly pauseMsMax: number;
  /** For so long afterwards, what is read may have waited in a socket. */
  readonly suspectMs: number;
}

/**
 * Notices that this process was not let run, or did not read, for long: stopped by a signal, starved, its disk stuck. What is read afterwards
 * may have waited in a socket for as long, and its sender may have gone to another collector with it. A machine that stands still as a whole is
 * not noticed, since its steady clock stands still with it.
 */
export class PauseWatch {
  readonly #bounds: PauseBounds;
  #lastTickMs: number;
  #suspectUntilMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs by a clock that never steps, as in all methods */
  constructor(bounds: PauseBounds, nowMs: number) {
    this.#bounds = bounds;
    this.#lastTickMs = nowMs;
  }

  /** To be called a few times in `pauseMsMax`. */
  tick(nowMs: number): void {
    this.isSuspect(nowMs);
    this.#lastTickMs = nowMs;
  }

  /** Nothing was read for so long. */
  stalled(durationMs: number, nowMs: number): void {
    if (durationMs > this.#bounds.pauseMsMax) this.#suspectUntilMs = nowMs + this.#bounds.suspectMs;
  }

  /** Whether what is read now may be with another collector as well. */
  isSuspect(nowMs: number): boolean {
    // Also here and not on ticks alone: after a pause, sockets may be read before timers run.
    this.stalled(nowMs - this.#lastTickMs, nowMs);
    return nowMs < this.#suspectUntilMs;
  }
}
