import type { Platform } from '@telemetry/client';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/**
 * Time that passes when a test says so, in leaps: what was due meanwhile fires once, late, as on a machine that was busy. Files and sockets
 * are real, and take the time they take.
 */
export class JumpingPlatform implements Pick<Platform, 'nowUnixUs' | 'monotonicMs' | 'setTimer'> {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  nowUnixUs(): number {
    return 1_700_000_000_000_000 + Math.floor(this.#nowMs) * 1000;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): { cancel(): void } {
    if (delayMs <= 0) {
      const immediate = setImmediate(callback);
      return { cancel: () => clearImmediate(immediate) };
    }
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Timers that wait: a client that forgets them would grow. */
  get timers(): number {
    return this.#timers.size;
  }

  jump(durationMs: number): void {
    this.#nowMs += durationMs;
    const due = [...this.#timers].filter((timer) => timer.atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const timer of due) {
      // One of those before it may have cancelled it.
      if (this.#timers.delete(timer)) timer.callback();
    }
  }
}
