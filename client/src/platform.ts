/** A timer that was set. */
export interface PlatformTimer {
  /** Stops it. Harmless when it has fired. */
  cancel(): void;
}

/** What the client takes from its surroundings: time and chance. Give your own to make a run repeatable. */
export interface Platform {
  /** Microseconds since 1970-01-01T00:00:00 UTC, a whole number. */
  nowUnixUs(): number;
  /** Milliseconds on a clock that never goes back. Its zero means nothing. */
  monotonicMs(): number;
  /** A number from 0 to below 1, for jitter. */
  random(): number;
  /** That many random bytes, fit for identifiers. */
  randomBytes(sizeBytes: number): Uint8Array;
  /**
   * Calls back once after a delay.
   *
   * @param keepsAlive whether the timer keeps the process from exiting. Only those that somebody awaits do.
   */
  setTimer(callback: () => void, delayMs: number, keepsAlive?: boolean): PlatformTimer;
}

/** The platform as it is: the same code in Node and in a browser. */
const systemPlatform: Platform = {
  nowUnixUs: () => Date.now() * 1000,
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  randomBytes: (sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)),
  setTimer(callback, delayMs, keepsAlive = false) {
    const timer = setTimeout(callback, delayMs);
    if (!keepsAlive) {
      // In Node a timer keeps the process alive unless told not to; a browser's is a number, and has no such method.
      (timer as { unref?(): void }).unref?.();
    }
    return { cancel: () => clearTimeout(timer) };
  },
};

/** A platform of which parts are given, as a literal or by a class, and the others are the system's. */
export function completePlatform(given: Partial<Platform>): Platform {
  return {
    nowUnixUs: () => given.nowUnixUs?.() ?? systemPlatform.nowUnixUs(),
    monotonicMs: () => given.monotonicMs?.() ?? systemPlatform.monotonicMs(),
    random: () => given.random?.() ?? systemPlatform.random(),
    randomBytes: (sizeBytes) => given.randomBytes?.(sizeBytes) ?? systemPlatform.randomBytes(sizeBytes),
    setTimer: (callback, delayMs, keepsAlive) =>
      given.setTimer?.(callback, delayMs, keepsAlive) ?? systemPlatform.setTimer(callback, delayMs, keepsAlive),
  };
}
