import type { Platform } from '@telemetry/client';

/** Time that passes when a test says so. Timers fire in the order of their time, with a turn of the event loop after each. */
export class ManualPlatform implements Platform {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly callback: () => void; readonly keepsAlive: boolean }[] = [];
  randomValue = 0.5;

  nowUnixUs(): number {
    return 1_700_000_000_000_000 + this.#nowMs * 1000;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  random(): number {
    return this.randomValue;
  }

  randomBytes(sizeBytes: number): Uint8Array {
    return crypto.getRandomValues(new Uint8Array(sizeBytes));
  }

  setTimer(callback: () => void, delayMs: number, keepsAlive = false): { cancel(): void } {
    // As any clock does, this one moves before a timer fires that waits at all, however short.
    const waitMs = delayMs > 0 ? Math.max(delayMs, 0.001) : 0;
    const timer = { atMs: this.#nowMs + waitMs, callback, keepsAlive };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** When the next timer fires, in milliseconds from now. */
  nextTimerMs(): number | undefined {
    const times = this.#timers.map((timer) => timer.atMs - this.#nowMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) {
        break;
      }
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = untilMs;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
