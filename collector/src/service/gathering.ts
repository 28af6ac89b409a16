import { type GatherBounds, GatherRule } from './gather-rule.ts';

/** What gathering works with. */
export interface GatheringParts {
  readonly bounds: GatherBounds;
  /** Whether every batch that was read is answered, and nobody is in a hurry. */
  readonly isQuiet: () => boolean;
  /** Milliseconds by a clock that never steps. */
  readonly steadyClock: () => number;
  /** Milliseconds in which the event loop had something to do, waits included. Default: what Node says. */
  readonly activeMs?: () => number;
  /** Stops this thread, for milliseconds. Default: it sleeps. */
  readonly hold?: (durationMs: number) => void;
}

/**
 * Lets batches gather in the sockets between two commits, as a network card holds back its interrupts: read together they cost less, since each wake of the
 * process, turn of the event loop, write and acknowledgement is then for several. Sockets cannot be told to wait, so the thread does.
 */
export class Gathering {
  readonly #parts: Required<GatheringParts>;
  readonly #rule: GatherRule;
  #heldMs = 0;
  #isScheduled = false;

  constructor(parts: GatheringParts) {
    this.#parts = { activeMs: () => performance.eventLoopUtilization().active, hold: sleep, ...parts };
    this.#rule = new GatherRule(parts.bounds, parts.steadyClock(), this.#busyMs());
  }

  /** Batches are on disk, and about to be acknowledged. */
  committed(batches: number): void {
    this.#rule.note(batches, this.#parts.steadyClock(), () => this.#busyMs());
    if (this.#isScheduled || !this.#rule.holds) return;
    this.#isScheduled = true;
    // The first turn sends the acknowledgements, the second reads what has come meanwhile.
    setImmediate(() => setImmediate(() => this.#holdIfQuiet()));
  }

  #holdIfQuiet(): void {
    const { bounds, hold, isQuiet, steadyClock } = this.#parts;
    this.#isScheduled = false;
    if (!isQuiet()) return;
    const startMs = steadyClock();
    hold(bounds.holdMs);
    this.#heldMs += steadyClock() - startMs;
  }

  #busyMs(): number {
    return this.#parts.activeMs() - this.#heldMs;
  }
}

const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Nobody wakes it, so it ends with the time. */
function sleep(durationMs: number): void {
  Atomics.wait(never, 0, 0, durationMs);
}
