import type { ClosedSegment } from '../spool/segment.ts';
import { type LoadError, toLoadError } from './load-error.ts';

/** What the loader does with segments; the effects are given, so that the order of them is all that stands here. */
export interface LoadSteps {
  /** Inserts the segment into the warehouse, with the segment's id as token: again and again is as good as once. */
  readonly insert: (segment: ClosedSegment, signal: AbortSignal) => Promise<void>;
  /** Remembers what the segment holds, durably, then deletes it. */
  readonly retire: (segment: ClosedSegment) => Promise<void>;
  /** Sets aside a segment that the engine cannot read. */
  readonly quarantine: (segment: ClosedSegment, error: LoadError) => Promise<void>;
  /** Told of each failure. */
  readonly onFailure: (segment: ClosedSegment, error: LoadError, failures: number) => void;
  /** Told of each segment that is in. */
  readonly onLoaded: (segment: ClosedSegment) => void;
}

/** How long to wait between failures; see `limits.ts`. */
export interface LoadRetry {
  readonly retryMsMin: number;
  readonly retryMsMax: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Loads closed segments, the oldest first, one at a time: the engine reads one stream on one core, and parts of one table that are
 * made in turn merge better than parts that are made at once.
 */
export class Loader {
  readonly #steps: LoadSteps;
  readonly #retry: LoadRetry;
  readonly #waiting: ClosedSegment[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #idle: (() => void)[] = [];
  #wakeFromPause: (() => void) | undefined;

  constructor(steps: LoadSteps, retry: LoadRetry) {
    this.#steps = steps;
    this.#retry = retry;
  }

  /** Segments that are not loaded yet, the one being loaded included. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Adds a segment. */
  add(segment: ClosedSegment): void {
    this.#waiting.push(segment);
    this.#start();
  }

  /** Resolves when all is loaded, or the time is up; says which. */
  async drain(timeoutMs: number): Promise<'drained' | 'timed out'> {
    if (this.#waiting.length === 0) return 'drained';
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise<'timed out'>((resolve) => {
      timer = setTimeout(() => resolve('timed out'), timeoutMs);
    });
    const drained = new Promise<'drained'>((resolve) => this.#idle.push(() => resolve('drained')));
    this.#wakeFromPause?.();
    const result = await Promise.race([drained, timedOut]);
    clearTimeout(timer);
    return result;
  }

  /** Stops after aborting what runs. What is not loaded stays in the spool for the next life. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wakeFromPause?.();
    await this.#running;
  }

  #start(): void {
    if (this.#running !== undefined || this.#stop.signal.aborted) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // One may have been added after the last look at what waits.
      if (this.#waiting.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const segment = this.#waiting[0];
      if (segment === undefined) break;
      try {
        await this.#loadOne(segment);
        this.#waiting.shift();
        failures = 0;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const failure = toLoadError(error);
        this.#steps.onFailure(segment, failure, ++failures);
        // What the warehouse refuses goes behind the others, so that it keeps none of them waiting.
        if (failure.isAnswer) this.#waiting.push(...this.#waiting.splice(0, 1));
        await this.#pause(failures);
      }
    }
    if (this.#waiting.length === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  async #loadOne(segment: ClosedSegment): Promise<void> {
    try {
      await this.#steps.insert(segment, this.#stop.signal);
    } catch (cause) {
      const error = toLoadError(cause);
      if (error.kind === 'retryable') throw error;
      await this.#steps.quarantine(segment, error);
      return;
    }
    await this.#steps.retire(segment);
    this.#steps.onLoaded(segment);
  }

  /** Exponential backoff with full jitter, from half of it up, so that the first retries after an outage do not all come at once. */
  #pause(failures: number): Promise<void> {
    const { retryMsMin, retryMsMax, random } = this.#retry;
    const ceilingMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(failures, 20));
    const delayMs = ceilingMs * (0.5 + random() / 2);
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wakeFromPause = undefined;
        resolve();
      };
      const timer = setTimeout(wake, delayMs);
      this.#wakeFromPause = wake;
    });
  }
}
