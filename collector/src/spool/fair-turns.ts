import { setImmediate } from 'node:timers/promises';

/** Shortest turn: what batches can be kept waiting for their acknowledgement without anyone noticing. */
const TURN_MS_MIN = 2;

/** Of what the others took since the last turn, so much is this work's due. */
const DUE_SHARE = 0.25;

/**
 * Shares the event loop between a long piece of work and all else that the process does.
 *
 * With turns of a fixed length the work is the slower the busier the process is: at a million events a second the others take 30 ms between
 * two turns, and a segment that takes 40 ms to read waited for 5 seconds. So a turn is as long as a quarter of what the others took.
 */
export class FairTurns {
  readonly #steadyClock: () => number;
  #turnMs = TURN_MS_MIN;
  #startedMs: number;

  /** @param steadyClock milliseconds by a clock that never steps */
  constructor(steadyClock: () => number = () => performance.now()) {
    this.#steadyClock = steadyClock;
    this.#startedMs = steadyClock();
  }

  /** Whether this turn was long enough. */
  isOver(): boolean {
    return this.#steadyClock() - this.#startedMs >= this.#turnMs;
  }

  /** Called between two pieces of the work: lets the others have their turn when this one was long enough. */
  async next(): Promise<void> {
    const endedMs = this.#steadyClock();
    if (endedMs - this.#startedMs < this.#turnMs) return;
    await setImmediate();
    this.#startedMs = this.#steadyClock();
    this.#turnMs = Math.max(TURN_MS_MIN, (this.#startedMs - endedMs) * DUE_SHARE);
  }
}
