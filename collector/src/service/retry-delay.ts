/** Chooses how long a refused client should stay away. */
export class RetryDelay {
  readonly #delayMsMin: number;
  readonly #delayMsMax: number;
  readonly #random: () => number;

  /** @param random uniform in [0, 1) */
  constructor(delayMsMin: number, delayMsMax: number, random: () => number) {
    this.#delayMsMin = delayMsMin;
    this.#delayMsMax = delayMsMax;
    this.#random = random;
  }

  /**
   * A delay in milliseconds for a load from 0 (none) to 1 (full), spread over a factor of two, so that clients that were refused
   * together do not come back together.
   */
  next(load: number): number {
    const baseMs = this.#delayMsMin + (this.#delayMsMax - this.#delayMsMin) * Math.min(1, Math.max(0, load));
    return Math.round(baseMs * (0.5 + this.#random() / 2));
  }
}
