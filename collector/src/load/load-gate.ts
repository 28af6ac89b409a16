import { setTimeout } from 'node:timers/promises';
import type { StandingLease } from '@telemetry/warehouse';

/** How the gate knows. */
export interface LoadGateParts {
  /** The leases on loads that stand in the warehouse. */
  readonly readLeases: (signal: AbortSignal) => Promise<readonly StandingLease[]>;
  /** How old its knowledge may be, in milliseconds. */
  readonly lookMs: number;
  /** Milliseconds by a clock that never steps. */
  readonly steadyClock: () => number;
  /** Told when loads begin to wait, and for whom. */
  readonly onClosed?: (lease: StandingLease) => void;
}

/** Holds up loads while a repair of the warehouse has a lease on them. A lease that is not renewed ends by itself, and so does the wait. */
export class LoadGate {
  readonly #parts: LoadGateParts;
  #openSeenMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LoadGateParts) {
    this.#parts = parts;
  }

  /** Resolves when a load may begin. Rejects when the warehouse does not say, or with the signal. */
  async pass(signal: AbortSignal): Promise<void> {
    const { readLeases, lookMs, steadyClock, onClosed } = this.#parts;
    let isClosed = false;
    for (;;) {
      const lookedMs = steadyClock();
      if (lookedMs - this.#openSeenMs < lookMs) return;
      const leases = await readLeases(signal);
      const [lease] = leases;
      if (lease === undefined) {
        this.#openSeenMs = lookedMs;
        continue;
      }
      if (!isClosed) onClosed?.(lease);
      isClosed = true;
      const longestMs = Math.max(...leases.map(({ remainingMs }) => remainingMs));
      await setTimeout(Math.min(lookMs, longestMs), undefined, { signal });
    }
  }
}
