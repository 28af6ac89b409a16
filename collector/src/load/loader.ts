import type { ClosedSegment } from '../spool/segment.ts';
import { type LoadError, toLoadError } from './load-error.ts';

/** Whether a segment is in the warehouse now, or is with the careful path. */
export type InsertOutcome = 'inserted' | 'taken over';

/** What the loader does with segments; the effects are given, so that the order of them is all that stands here. */
export interface LoadSteps {
  /**
   * Inserts the segment into the warehouse, with the segment's id as token: again and again is as good as once. Or gives it to the careful
   * path, which then cares for all the rest.
   */
  readonly insert: (segment: ClosedSegment, signal: AbortSignal) => Promise<InsertOutcome>;
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
 * Loads closed segments, the oldest first, a few at a time: the engine reads one stream on one core, and while one load waits for the disk
 * the other computes. Each has a token of its own, so their order does not matter. When the engine keeps up there is only one to load.
 */
export class Loader {
  readonly #steps: LoadSteps;
  readonly #retry: LoadRetry;
  readonly #loadsAtOnceMax: number;
  readonly #waiting: ClosedSegment[] = [];
  /** Those of `#waiting` that are being loaded, or are tried again after a pause. */
  readonly #taken = new Set<ClosedSegment>();
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #idle: (() => void)[] = [];
  readonly #wakeFromPause = new Set<() => void>();

  /** @param loadsAtOnceMax how many segments are loaded at the same time, at most */
  constructor(steps: LoadSteps, retry: LoadRetry, loadsAtOnceMax = 1) {
    this.#steps = steps;
    this.#retry = retry;
    this.#loadsAtOnceMax = loadsAtOnceMax;
  }

  /** Segments that are not loaded yet, the one being loaded included. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** When the oldest batch was read that is not loaded yet, by a clock that never steps; undefined when none waits. */
  get oldestMs(): number | undefined {
    let oldest: number | undefined;
    for (const { oldestMs } of this.#waiting) oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, oldestMs);
    return oldest;
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
    this.#wakeAll();
    const result = await Promise.race([drained, timedOut]);
    clearTimeout(timer);
    return result;
  }

  /** Stops after aborting what runs. What is not loaded stays in the spool for the next life. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wakeAll();
    await Promise.all(this.#running);
  }

  #wakeAll(): void {
    for (const wake of this.#wakeFromPause) wake();
  }

  #start(): void {
    if (this.#running.size >= this.#loadsAtOnceMax || this.#stop.signal.aborted) return;
    const run = this.#run().finally(() => {
      this.#running.delete(run);
      // One may have been added after the last look at what waits.
      if (this.#nextWaiting() !== undefined) this.#start();
    });
    this.#running.add(run);
  }

  #nextWaiting(): ClosedSegment | undefined {
    return this.#waiting.find((segment) => !this.#taken.has(segment));
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const segment = this.#nextWaiting();
      if (segment === undefined) break;
      this.#taken.add(segment);
      try {
        await this.#loadOne(segment);
        this.#waiting.splice(this.#waiting.indexOf(segment), 1);
        failures = 0;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const failure = toLoadError(error);
        this.#steps.onFailure(segment, failure, ++failures);
        // What the warehouse refuses goes behind the others, so that it keeps none of them waiting.
        if (failure.isAnswer) this.#waiting.push(...this.#waiting.splice(this.#waiting.indexOf(segment), 1));
        await this.#pause(failures);
      } finally {
        this.#taken.delete(segment);
      }
    }
    if (this.#waiting.length === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  async #loadOne(segment: ClosedSegment): Promise<void> {
    try {
      const outcome = await this.#steps.insert(segment, this.#stop.signal);
      if (outcome === 'taken over') return;
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
        this.#wakeFromPause.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, delayMs);
      this.#wakeFromPause.add(wake);
    });
  }
}
