import type { BatchClaim, ClaimState } from '@telemetry/warehouse';
import { joinRecords } from '../load/reject-records.ts';
import type { SegmentSummary } from '../load/segment-summary.ts';
import type { RecordFacts } from '../spool/record-codec.ts';
import type { RecordVisitor } from '../spool/recover-segments.ts';
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
  /** Whether a segment with these producers is in the ledger: its load was begun. */
  readonly isAnnounced: (segmentId: string, producersHex: readonly string[]) => Promise<boolean>;
  /** Loads a file with its id as token; says what was loaded. */
  readonly load: (file: CarefulFile, signal: AbortSignal) => Promise<SegmentSummary>;
  /** Puts records aside that share numbers with batches of other content. */
  readonly rejectConflicting: (file: CarefulFile, bytes: Buffer, records: readonly RecordFacts[]) => Promise<void>;
  /** Names records. */
  readonly summarize: (file: CarefulFile, bytes: Buffer, records: readonly RecordFacts[]) => SegmentSummary;
  /** Remembers what has left, durably. */
  readonly remember: (summary: SegmentSummary, as: 'stored' | 'duplicate' | 'rejected') => Promise<void>;
  readonly onFailure: (file: CarefulFile, error: unknown, failures: number) => void;
}

/** Times of the careful path, in milliseconds. */
export interface CarefulTimes {
  /** After so long every load that another collector was to begin before is announced. */
  readonly graceMs: number;
  /** Longest pause after a failure, or before batches that another collector claims are looked at again. */
  readonly retryMsMax: number;
  /** Never steps. */
  readonly steadyClock: () => number;
  readonly random: () => number;
}

/** A file that waits for its turn. */
interface WaitingFile {
  readonly file: CarefulFile;
  /** When it may be sorted, by the steady clock. */
  readonly dueMs: number;
  /** Whether it was looked at before it was due. */
  readonly wasLookedAt: boolean;
}

interface FileContent {
  readonly bytes: Buffer;
  readonly records: readonly KeyedRecord<RecordFacts>[];
}

/** First pause after a failure. */
const RETRY_MS_MIN = 100;
/** Producers by any of which a segment is found in the ledger. */
const PRODUCERS_ASKED_MAX = 10;

/**
 * Loads what may exist twice: segments with batches that were sent before, and those of an earlier life or of an outage, in a warehouse
 * that several collectors load into, or after this one has forgotten what it took.
 *
 * A segment whose load was begun goes again, whole, with its token. Any other waits until every load of a first copy is announced, then is
 * compared with the ledger: what is there is left out. Of two collectors that hold copies and look at the same time, each claims the batch
 * before it looks, so at least one sees the other and gives way. A claim lasts until the load is done, over crashes too.
 */
export class CarefulLoader {
  readonly #files: CarefulFiles;
  readonly #steps: CarefulSteps;
  readonly #times: CarefulTimes;
  readonly #waiting: WaitingFile[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #hasCleanClaims = false;
  #isWorking = false;

  constructor(files: CarefulFiles, steps: CarefulSteps, times: CarefulTimes) {
    this.#files = files;
    this.#steps = steps;
    this.#times = times;
  }

  /** Segments that are here, the one that is worked on included: its claims are held until it is done. */
  get waiting(): number {
    return this.#waiting.length + (this.#isWorking ? 1 : 0);
  }

  /** Takes up what an earlier life left, and tells of every record in it. */
  async open(visit: RecordVisitor): Promise<void> {
    for (const file of await this.#files.recover()) {
      const { bytes, records } = await this.#files.read(file);
      for (const record of records) visit(record, bytes);
      this.#waiting.push(this.#queued(file, this.#times.graceMs));
    }
    this.#start();
  }

  /**
   * Takes a segment over from the spool.
   *
   * @param mustWait whether another collector may be about to announce a batch of it; what this one has announced itself is in the ledger
   */
  async take(segment: ClosedSegment, mustWait = true): Promise<void> {
    this.#waiting.push(this.#queued(await this.#files.take(segment), mustWait ? this.#times.graceMs : 0));
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
      if (this.#waiting.length === 0) return;
      const index = this.#waiting.findIndex((waiting) => this.#isDue(waiting) || !waiting.wasLookedAt);
      const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (waiting === undefined) {
        await this.#sleep(this.#untilDueMs());
        continue;
      }
      this.#isWorking = true;
      try {
        const next = this.#isDue(waiting) ? await this.#process(waiting.file) : await this.#lookEarly(waiting);
        this.#isWorking = false;
        this.#waiting.push(...next);
        failures = 0;
        // Not before what is ready: nobody else is in its way.
        const isContested = next.some(({ file, wasLookedAt }) => file === waiting.file && !wasLookedAt);
        if (isContested) await this.#sleep(this.#times.random() * this.#times.retryMsMax);
      } catch (error) {
        this.#isWorking = false;
        this.#waiting.push(waiting);
        if (this.#stop.signal.aborted) return;
        this.#steps.onFailure(waiting.file, error, ++failures);
        await this.#sleep(this.#backoffMs(failures));
      }
    }
  }

  #isDue({ file, dueMs }: WaitingFile): boolean {
    return file.state === 'ready' || dueMs <= this.#times.steadyClock();
  }

  #untilDueMs(): number {
    const { steadyClock, retryMsMax } = this.#times;
    const earliestMs = Math.min(...this.#waiting.map(({ dueMs }) => dueMs));
    return Math.min(retryMsMax, Math.max(0, earliestMs - steadyClock()));
  }

  /** A load that was begun need not wait: nobody else loads its batches. */
  async #lookEarly(waiting: WaitingFile): Promise<readonly WaitingFile[]> {
    const isBegun = await this.#isBegun(waiting.file, await this.#read(waiting.file));
    if (!isBegun) return [{ ...waiting, wasLookedAt: true }];
    return [this.#queued(await this.#files.makeReady(waiting.file), 0)];
  }

  /** Returns what takes the file's place. */
  async #process(file: CarefulFile): Promise<readonly WaitingFile[]> {
    const content = await this.#read(file);
    if (file.state === 'ready') {
      await this.#loadReady(file, content);
      return [];
    }
    const made = (await this.#isBegun(file, content))
      ? [await this.#files.makeReady(file)]
      : await this.#sort(file, content);
    return made.map((one) => this.#queued(one, 0));
  }

  async #loadReady(file: CarefulFile, { records }: FileContent): Promise<void> {
    await this.#steps.remember(await this.#steps.load(file, this.#stop.signal), 'stored');
    await this.#files.remove(file);
    await this.#steps.setClaims(file.id, keysOf(records), false);
  }

  /** Claims the batches of a file, and divides it by what the warehouse knows of them. */
  async #sort(file: CarefulFile, { bytes, records }: FileContent): Promise<readonly CarefulFile[]> {
    await this.#steps.setClaims(file.id, keysOf(records), true);
    const { free, stored, conflicting, contested } = sortRecords(records, await this.#steps.readClaims(file.id));
    await this.#steps.setClaims(file.id, keysOf([...stored, ...conflicting, ...contested]), false);
    // A segment whose batches were all cut out as unreadable has none: nothing of it waits for others.
    if (records.length > 0 && contested.length === records.length) return [file];
    if (stored.length > 0) {
      await this.#steps.remember(this.#steps.summarize(file, bytes, factsOf(stored)), 'duplicate');
    }
    if (conflicting.length > 0) {
      await this.#steps.rejectConflicting(file, bytes, factsOf(conflicting));
      await this.#steps.remember(this.#steps.summarize(file, bytes, factsOf(conflicting)), 'rejected');
    }
    // Held under the name of the file that will load them, so that a later life knows that they are not stale.
    await this.#steps.setClaims(readyIdOf(file), keysOf(free), true);
    return this.#files.split(file, joinRecords(bytes, factsOf(free)), joinRecords(bytes, factsOf(contested)));
  }

  #isBegun({ id }: CarefulFile, { records }: FileContent): Promise<boolean> {
    return this.#steps.isAnnounced(
      id,
      keysOf(records.slice(0, PRODUCERS_ASKED_MAX)).map(({ producerHex }) => producerHex),
    );
  }

  async #read(file: CarefulFile): Promise<FileContent> {
    const { bytes, records } = await this.#files.read(file);
    return { bytes, records: records.map((facts) => ({ facts, key: recordKey(bytes, facts) })) };
  }

  #queued(file: CarefulFile, afterMs: number): WaitingFile {
    return { file, dueMs: this.#times.steadyClock() + afterMs, wasLookedAt: false };
  }

  /** Claims of an earlier life that no ready file stands for would keep other collectors waiting for nothing. */
  async #hasDroppedStaleClaims(attempt: number): Promise<boolean> {
    const ready = this.#waiting.filter(({ file }) => file.state === 'ready');
    try {
      await this.#steps.dropStaleClaims(ready.map(({ file }) => file.id));
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

function keysOf(records: readonly KeyedRecord<RecordFacts>[]): BatchClaim[] {
  return records.map(({ key }) => key);
}

function factsOf(records: readonly KeyedRecord<RecordFacts>[]): RecordFacts[] {
  return records.map(({ facts }) => facts);
}
