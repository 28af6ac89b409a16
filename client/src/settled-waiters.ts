import type { Platform } from './platform.ts';

/** Those who wait until every batch up to a place has its answer. */
export class SettledWaiters {
  readonly #platform: Platform;
  readonly #isSettled: (ordinal: number) => boolean;
  #waiters: { readonly ordinal: number; readonly resolve: () => void }[] = [];

  constructor(platform: Platform, isSettled: (ordinal: number) => boolean) {
    this.#platform = platform;
    this.#isSettled = isSettled;
  }

  /** Resolves true when it is so, false when the time is over. Keeps the process alive. */
  async wait(ordinal: number, timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = this.#platform.setTimer(() => resolve(false), timeoutMs, true);
    const waiter = { ordinal, resolve: () => resolve(true) };
    this.#waiters.push(waiter);
    this.look();
    const settled = await promise;
    timer.cancel();
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    return settled;
  }

  /** Something has changed. */
  look(): void {
    for (const { ordinal, resolve } of this.#waiters) {
      if (this.#isSettled(ordinal)) {
        resolve();
      }
    }
  }
}
