import type { GatherRule } from './gather-rule.ts';

/** What gathering works with. */
export interface GatheringParts {
  readonly rule: GatherRule;
  readonly holdMs: number;
  /** Whether every batch that was read is answered, and nobody is in a hurry. */
  readonly isQuiet: () => boolean;
  /** Milliseconds by a clock that never steps. */
  readonly steadyClock: () => number;
  /** Stops this thread, in milliseconds. Default: it sleeps. */
  readonly hold?: (durationMs: number) => void;
}

const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Nobody wakes it, so it ends with the time. */
function sleep(durationMs: number): void {
  Atomics.wait(never, 0, 0, durationMs);
}

/**
 * Lets batches gather in the sockets between two commits, as a network card holds back its interrupts: read together they cost less, since each wake of the
 * process, turn of the event loop, write and acknowledgement is then for several. Sockets cannot be told to wait, so the thread does.
 */
export class Gathering {
  readonly #parts: GatheringParts;
  #isScheduled = false;

  constructor(parts: GatheringParts) {
    this.#parts = parts;
  }

  /** Batches are on disk, and about to be acknowledged. */
  committed(batches: number): void {
    const { rule, steadyClock } = this.#parts;
    rule.note(batches, steadyClock());
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // The first turn sends the acknowledgements, the second reads what has come meanwhile.
    setImmediate(() => setImmediate(() => this.#holdIfQuiet()));
  }

  #holdIfQuiet(): void {
    const { rule, holdMs, isQuiet, steadyClock, hold = sleep } = this.#parts;
    this.#isScheduled = false;
    if (isQuiet() && rule.mayHold(steadyClock())) hold(holdMs);
  }
}
