import { lockSilenceMs, storePollMs } from '../limits.ts';
import type { Platform } from '../platform.ts';

/** What was seen of a lock that another has. */
interface Sighting {
  /** The sign of life that its holder showed last. */
  readonly sign: string;
  /** Since when it has not changed, as far as this process was there to see it. */
  sinceMs: number;
  lastMs: number;
}

/** Tells whether the holders of locks have shown no sign of life for `lockSilenceMs`, by the clock of who waits. */
export class SilenceWatch {
  readonly #platform: Pick<Platform, 'monotonicMs'>;
  readonly #sightings = new Map<string, Sighting>();

  constructor(platform: Pick<Platform, 'monotonicMs'>) {
    this.#platform = platform;
  }

  /** Whether the holder of a lock is silent, who shows this now. */
  isSilent(name: string, sign: string): boolean {
    const nowMs = this.#platform.monotonicMs();
    const seen = this.#sightings.get(name);
    if (seen?.sign !== sign) {
      this.#sightings.set(name, { sign, sinceMs: nowMs, lastMs: nowMs });
      return false;
    }
    // While this process did not look, it may have been paused itself, together with the holder.
    seen.sinceMs += Math.max(0, nowMs - seen.lastMs - 2 * storePollMs);
    seen.lastMs = nowMs;
    return nowMs - seen.sinceMs >= lockSilenceMs;
  }

  /** Whether this is what was seen last. */
  isLastSeen(name: string, sign: string): boolean {
    return this.#sightings.get(name)?.sign === sign;
  }

  /** The lock has another holder. */
  forget(name: string): void {
    this.#sightings.delete(name);
  }
}
