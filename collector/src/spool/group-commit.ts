import { type RecordContent, recordSizeBytesMax, writeRecord } from './record-codec.ts';

/** Told when the record it was given with is on disk, or cannot get there. */
export type Settled = (error: Error | undefined) => void;

/** What is written together. */
export interface GroupFacts {
  readonly batches: number;
  readonly events: number;
  /** Size of the batches when decompressed. */
  readonly plainSizeBytes: number;
  /** When the first of them was read, by a clock that never steps; undefined when none says so. */
  readonly oldestMs: number | undefined;
  /** Bytes of each holder that has some. */
  readonly shares: ReadonlyMap<string, number>;
}

/** Writes bytes to the disk and resolves when they are there for certain; rejects when they are not, none of them. */
export type DurableWrite = (bytes: Buffer, group: GroupFacts) => Promise<void>;

interface Group {
  readonly buffer: Buffer;
  sizeBytes: number;
  plainSizeBytes: number;
  batches: number;
  events: number;
  oldestMs: number | undefined;
  shares: Map<string, number>;
  settled: Settled[];
}

/**
 * Gathers records while the disk is busy, then writes and flushes them together: one fsync covers every batch that waited for it.
 *
 * Two buffers of fixed size take turns, which is also the bound: when the one that fills is full, `append` refuses until the other is
 * written, and the caller waits for `roomFor`.
 */
export class GroupCommit {
  readonly #write: DurableWrite;
  readonly #plainSizeBytesMax: number;
  #filling: Group;
  #spare: Group;
  #isWriting = false;
  #waiting: (() => void)[] = [];
  #idle: (() => void)[] = [];

  /** @param plainSizeBytesMax bound on what the batches of one group have when decompressed; one batch always fits */
  constructor(write: DurableWrite, bufferSizeBytes: number, plainSizeBytesMax: number) {
    this.#write = write;
    this.#plainSizeBytesMax = plainSizeBytesMax;
    this.#filling = newGroup(bufferSizeBytes);
    this.#spare = newGroup(bufferSizeBytes);
  }

  /** Bytes that wait for the disk. */
  get pendingSizeBytes(): number {
    return this.#filling.sizeBytes;
  }

  /** Whether a record of this content can be appended now. */
  hasRoomFor(content: RecordContent): boolean {
    const { sizeBytes, plainSizeBytes, buffer } = this.#filling;
    if (sizeBytes > 0 && plainSizeBytes + content.plainSizeBytes > this.#plainSizeBytesMax) return false;
    return sizeBytes + recordSizeBytesMax(content) <= buffer.length;
  }

  /** Resolves when a buffer was written, and there may be room again. */
  nextRoom(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Adds a record to the next group. The caller has asked `hasRoomFor`. */
  append(content: RecordContent, settled: Settled): void {
    const group = this.#filling;
    const recordSizeBytes = writeRecord(group.buffer, group.sizeBytes, content);
    group.sizeBytes += recordSizeBytes;
    const { holder } = content;
    if (holder !== undefined) group.shares.set(holder, (group.shares.get(holder) ?? 0) + recordSizeBytes);
    group.plainSizeBytes += content.plainSizeBytes;
    group.batches++;
    group.events += content.eventCount;
    const { readMs } = content;
    if (readMs !== undefined) group.oldestMs = Math.min(group.oldestMs ?? readMs, readMs);
    group.settled.push(settled);
    this.#start();
  }

  /** Calls back when all that was appended before is settled, with the error of the group if that fails. */
  afterPending(settled: Settled): void {
    this.#filling.settled.push(settled);
    this.#start();
  }

  /** Whether nothing waits and nothing is being written. */
  get isIdle(): boolean {
    return !this.#isWriting && this.#filling.settled.length === 0;
  }

  /** Resolves when nothing waits and nothing is being written. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #start(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    // Not at once: what else arrives in this turn of the event loop joins the group.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#filling.settled.length > 0) {
      const group = this.#filling;
      this.#filling = this.#spare;
      this.#spare = group;
      let failure: Error | undefined;
      try {
        const { buffer, sizeBytes, plainSizeBytes, batches, events, oldestMs, shares } = group;
        const facts = { batches, events, plainSizeBytes, oldestMs, shares };
        if (sizeBytes > 0) await this.#write(buffer.subarray(0, sizeBytes), facts);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
      const settled = group.settled;
      empty(group);
      // A record that repeats one of the failed group waits in the next one for nothing: it must not be acknowledged either.
      if (failure !== undefined) failGroup(this.#filling, settled);
      for (const callback of settled) callback(failure);
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    }
    this.#isWriting = false;
    for (const wake of this.#idle.splice(0)) wake();
  }
}

function newGroup(sizeBytes: number): Group {
  return {
    buffer: Buffer.allocUnsafeSlow(sizeBytes),
    sizeBytes: 0,
    plainSizeBytes: 0,
    batches: 0,
    events: 0,
    oldestMs: undefined,
    shares: new Map(),
    settled: [],
  };
}

function empty(group: Group): void {
  group.settled = [];
  group.sizeBytes = 0;
  group.plainSizeBytes = 0;
  group.batches = 0;
  group.events = 0;
  group.oldestMs = undefined;
  group.shares = new Map();
}

function failGroup(group: Group, into: Settled[]): void {
  into.push(...group.settled);
  empty(group);
}
