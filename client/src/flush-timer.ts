import { flushIntervalJitter } from './limits.ts';
import type { Platform, PlatformTimer } from './platform.ts';

/** Says when an open batch has waited long enough: once after `start`, with jitter, the whole interval for the first batch of a run, a fifth after it. */
export class FlushTimer {
  readonly #platform: Platform;
  readonly #intervalMs: number;
  readonly #onTime: () => void;
  #timer: PlatformTimer | undefined;
  #startedBefore = false;

  constructor(platform: Platform, intervalMs: number, onTime: () => void) {
    this.#platform = platform;
    this.#intervalMs = intervalMs;
    this.#onTime = onTime;
  }

  /** Nothing changes when it runs. */
  start(): void {
    if (this.#timer === undefined) {
      this.#set();
    }
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Apart, since room for the function in it is made at each call. */
  #set(): void {
    const random = this.#platform.random();
    const factor = this.#startedBefore ? 1 + flushIntervalJitter * (2 * random - 1) : random;
    this.#startedBefore = true;
    this.#timer = this.#platform.setTimer(() => {
      this.#timer = undefined;
      this.#onTime();
    }, this.#intervalMs * factor);
  }
}
