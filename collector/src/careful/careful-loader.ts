import { readFile } from 'node:fs/promises';
import type { BatchClaim, ClaimState } from '@telemetry/warehouse';
import type { RecordFacts } from '../spool/record-codec.ts';
import { scanSegment } from '../spool/scan-segment.ts';
import type { ClosedSegment } from '../spool/segment.ts';
import { type CarefulFile, type CarefulFiles, readyIdOf } from './careful-files.ts';
import { recordKey } from './record-key.ts';
import { type KeyedRecord, sortRecords } from './sort-records.ts';

/** What the careful loader does to the world. */
export interface CarefulSteps {
  /** Claims batches, or gives the claims up. */
  readonly setClaims: (segmentId: string, claims: readonly BatchClaim[], isActive: boolean) => Promise<void>;
  /** Gives up all claims but those of these segments. */
  readonly dropStaleClaims: (heldSegmentIds: readonly string[]) => Promise<void>;
  /** What the warehouse knows of the batches claimed for a segment. */
  readonly readClaims: (segmentId: string) => Promise<ClaimState[]>;
  /** Inserts a file into the warehouse with its id as token. */
  readonly insert: (file: CarefulFile, signal: AbortSignal) => Promise<void>;
  /** Remembers records that have left, durably. */
  readonly remember: (records: readonly RecordFacts[], as: 'stored' | 'duplicate') => Promise<void>;
  readonly onFailure: (file: CarefulFile, error: unknown, failures: number) => void;
}

/** Times of the careful path, in milliseconds. */
export interface CarefulTimes {
  /** After so long no load that was begun before can still be running anywhere. */
  readonly graceMs: number;
  /** Longest pause after a failure, or before batches that another collector claims are looked at again. */
  readonly retryMsMax: number;
  readonly clock: () => number;
  readonly random: () => number;
}

/** First pause after a failure. */
const RETRY_MS_MIN = 100;

/**
 * Loads what may exist twice: segments with batches that were sent before, and those of an earlier life or of an outage, in a warehouse
 * that several collectors load into.
 *
 * Each segment waits until no load of a first copy can still be running elsewhere, then is compared with the ledger: what another
 * collector has loaded is left out. Of two collectors that hold copies and look at the same time, each claims the batch before it looks, so
 * at least one sees the other and gives way. A claim lasts until the load is done, over crashes too.
 */
export class CarefulLoader {
  readonly #files: CarefulFiles;
  readonly #steps: CarefulSteps;
  readonly #times: CarefulTimes;
  readonly #waiting: CarefulFile[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #hasCleanClaims = false;
  /** When this collector had made itself known, before which others could not reckon with it. */
  #registeredMs: number | undefined;

  constructor(files: CarefulFiles, steps: CarefulSteps, times: CarefulTimes) {
    this.#files = files;
    this.#steps = steps;
    this.#times = times;
  }

  /** Segments that wait here. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes up what an earlier life left. */
  async open(): Promise<void> {
    for (const file of await this.#files.recover()) {
      for (const record of scanSegment(await readFile(file.path)).records) this.#recovered.push(record);
      this.#waiting.push(file);
    }
    this.#start();
  }

  readonly #recovered: RecordFacts[] = [];

  /** Records found by `open`, for the seen-set. */
  takeRecovered(): RecordFacts[] {
    return this.#recovered.splice(0);
  }

  /** Takes a segment over from the spool. */
  async take(segment: ClosedSegment, registeredMs: number): Promise<void> {
    this.#registeredMs ??= registeredMs;
    this.#waiting.push(await this.#files.take(segment));
    this.#start();
  }

  /** Stops; what waits stays on disk. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#running;
  }

  #start(): void {
    if (this.#running !== undefined || this.#stop.signal.aborted) return;
    if (this.#waiting.length === 0 && this.#hasCleanClaims) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      this.#start();
    });
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      if (!this.#hasCleanClaims && !(await this.#hasDroppedStaleClaims(++failures))) continue;
      const file = this.#waiting[0];
      if (file === undefined) return;
      const { clock, graceMs, random, retryMsMax } = this.#times;
      const dueMs = file.state === 'ready' ? 0 : Math.max(file.writtenMs, this.#registeredMs ?? clock()) + graceMs;
      if (dueMs > clock()) {
        await this.#sleep(Math.min(dueMs - clock(), retryMsMax));
        this.#rotate();
        continue;
      }
      try {
        const next = await this.#process(file);
        this.#waiting.shift();
        this.#waiting.push(...next);
        failures = 0;
        if (next.some(({ id }) => id === file.id)) await this.#sleep(random() * retryMsMax);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#steps.onFailure(file, error, ++failures);
        this.#rotate();
        await this.#sleep(this.#backoffMs(failures));
      }
    }
  }

  /** Returns what takes the file's place. */
  async #process(file: CarefulFile): Promise<readonly CarefulFile[]> {
    const bytes = await readFile(file.path);
    const records = scanSegment(bytes).records.map((facts) => ({ facts, key: recordKey(bytes, facts) }));
    const keys = records.map(({ key }) => key);
    if (file.state === 'ready') {
      if (bytes.length > 0) await this.#steps.insert(file, this.#stop.signal);
      await this.#steps.remember(
        records.map(({ facts }) => facts),
        'stored',
      );
      await this.#files.remove(file);
      await this.#steps.setClaims(file.id, keys, false);
      return [];
    }
    await this.#steps.setClaims(file.id, keys, true);
    const plan = sortRecords(records, await this.#steps.readClaims(file.id));
    if (plan.kind === 'begun') return [await this.#files.makeReady(file)];
    const others = [...plan.stored, ...plan.contested].map(({ key }) => key);
    await this.#steps.setClaims(file.id, others, false);
    if (plan.contested.length === records.length) return [file];
    const cut = (some: readonly KeyedRecord<RecordFacts>[]) =>
      Buffer.concat(some.map(({ facts }) => bytes.subarray(facts.startByte, facts.startByte + facts.sizeBytes)));
    if (plan.stored.length > 0) {
      await this.#steps.remember(
        plan.stored.map(({ facts }) => facts),
        'duplicate',
      );
    }
    // Held under the name of the file that will load them, so that a later life knows that they are not stale.
    const ours = plan.free.map(({ key }) => key);
    await this.#steps.setClaims(readyIdOf(file), ours, true);
    return this.#files.split(file, cut(plan.free), cut(plan.contested));
  }

  /** Claims of an earlier life that no ready file stands for would keep other collectors waiting for nothing. */
  async #hasDroppedStaleClaims(attempt: number): Promise<boolean> {
    const ready = this.#waiting.filter(({ state }) => state === 'ready');
    try {
      await this.#steps.dropStaleClaims(ready.map(({ id }) => id));
      this.#hasCleanClaims = true;
    } catch {
      // The warehouse is away, which the loader of fresh segments reports.
      await this.#sleep(this.#backoffMs(attempt));
    }
    return this.#hasCleanClaims;
  }

  #backoffMs(failures: number): number {
    const { random, retryMsMax } = this.#times;
    return (0.5 + random() / 2) * Math.min(retryMsMax, RETRY_MS_MIN * 2 ** Math.min(failures, 20));
  }

  #rotate(): void {
    this.#waiting.push(...this.#waiting.splice(0, 1));
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      timer.unref();
      this.#wake = wake;
    });
  }
}
