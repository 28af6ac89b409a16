import type { DiskState } from './disk-state.ts';
import { judgeReadiness, type Readiness, type ReadinessBounds, type ReadinessFacts } from './readiness.ts';

/** Judges readiness again and again, and tells when it has changed. */
export class ReadinessWatch {
  readonly #facts: () => ReadinessFacts;
  readonly #bounds: ReadinessBounds;
  readonly #disk: DiskState;
  readonly #onChange: (readiness: Readiness) => void;
  readonly #timer: NodeJS.Timeout;
  #last: boolean | undefined;

  /** Starts at once. `onChange` is told the first judgement too. */
  constructor(
    facts: () => ReadinessFacts,
    bounds: ReadinessBounds,
    disk: DiskState,
    onChange: (readiness: Readiness) => void,
    intervalMs: number,
  ) {
    this.#facts = facts;
    this.#bounds = bounds;
    this.#disk = disk;
    this.#onChange = onChange;
    this.#timer = setInterval(() => void this.#disk.probe().then(() => this.now()), intervalMs).unref();
    this.now();
  }

  /** The judgement of this moment. */
  now(): Readiness {
    const readiness = judgeReadiness(this.#facts(), this.#bounds);
    if (readiness.ready !== this.#last) {
      this.#last = readiness.ready;
      this.#onChange(readiness);
    }
    return readiness;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
