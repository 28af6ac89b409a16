import { DropReason } from '@telemetry/gen/constants';
import { assembleEvents } from '../assemble-events.ts';
import { toRuns } from '../drop-ledger.ts';
import { storeBackoffMsMax, storeFileBytesTarget } from '../limits.ts';
import { type BatchFacts, type SealResult, sealAside, sealWithinLimits } from '../seal-within-limits.ts';
import type { DroppedRange } from '../wire/encode-batch.ts';
import { accountsForAll, type ClosedBatch, hull, runsOf } from './closed-batch.ts';
import { sealDeclarations, toRecord } from './declaration.ts';
import { encodeFile } from './file-format.ts';
import { formatFileName, type StoreFile } from './file-name.ts';
import { fromHex } from './hex.ts';
import { type Run, without } from './runs.ts';
import type { StoreTools } from './store-tools.ts';
import type { StoredRecord } from './stored-record.ts';
import { Turns } from './turns.ts';

/** A file that was written. */
export interface WrittenFile {
  /** Place of the first batch in it; the file has the place of its last. */
  readonly firstOrdinal: number;
  readonly file: StoreFile;
  /** Numbers of the events in it. */
  readonly events: readonly Run[];
  /** What it declares. */
  readonly dropped: readonly DroppedRange[];
}

/** Whom a writer tells, and asks. */
export interface StoreWriterListener {
  /** Resolves when the store has room for a file. */
  room(): Promise<void>;
  /** Whether the store has no room for files that are sent as a page ends. */
  isFullOfSent(): boolean;
  onWritten(written: WrittenFile): void;
  /** An event turned out too large when it was sealed. It is declared in the same file. */
  onOversize(firstSeq: number, lastSeq: number): void;
  /** The disk failed. Told once, until it works again. */
  onFailure(error: unknown): void;
}

/** How a file is written: never sent, sent, or dropped. */
type WrittenKind = 'batch' | 'sent' | 'drop';

interface Group {
  readonly batches: ClosedBatch[];
  readonly records: StoredRecord[];
  sealedBytes: number;
  /** Once it has a name it keeps it, however often it is written: two names would be two files. */
  file: StoreFile | undefined;
}

/**
 * Brings closed batches to the store, in their order and one file at a time, so that a crash leaves no hole. Batches that wait together share
 * a file, and those that only together account for every number up to their last always do.
 */
export class StoreWriter {
  readonly #tools: StoreTools;
  readonly #producer: string;
  readonly #producerId: Uint8Array;
  readonly #folders: readonly string[];
  readonly #listener: StoreWriterListener;
  readonly #turns: Turns;
  #closed: ClosedBatch[] = [];
  /** Being sealed or written. */
  #group: Group | undefined;
  /** With the backend, which finishes its file whatever happens. */
  #handedOver: Group | undefined;
  /** Could not be written, while another one took their turn. */
  #unwritten: Group[] = [];
  #heldEvents = 0;
  #heldBytes = 0;
  #idle: (() => void)[] = [];
  #started = false;

  constructor(tools: StoreTools, producer: string, folders: readonly string[], listener: StoreWriterListener) {
    this.#tools = tools;
    this.#producer = producer;
    this.#producerId = fromHex(producer);
    this.#folders = folders;
    this.#listener = listener;
    this.#turns = new Turns(
      () => this.#writeAll(),
      (error) => listener.onFailure(error),
      tools.platform,
      storeBackoffMsMax,
    );
  }

  /** Events that are not on disk yet. */
  get heldEvents(): number {
    return this.#heldEvents;
  }

  /** Memory that they take. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Place of the oldest batch that is not on disk; undefined: all are. */
  get oldestOrdinal(): number | undefined {
    return ((this.#handedOver ?? this.#unwritten[0] ?? this.#group)?.batches[0] ?? this.#closed[0])?.ordinal;
  }

  /** The store is open: begins to write. */
  start(): void {
    this.#started = true;
    this.#turns.ask();
  }

  append(batch: ClosedBatch): void {
    this.#closed.push(batch);
    this.#heldEvents += batch.events.count;
    this.#heldBytes += batch.events.bytes.length;
    if (this.#started) {
      this.#turns.ask();
    }
  }

  /** Resolves when everything is on disk. */
  async written(): Promise<void> {
    if (this.oldestOrdinal !== undefined) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  /** Writes no more but the file that is being written, and gives back what is not on disk then. */
  async giveUp(): Promise<ClosedBatch[]> {
    const closed = this.#closed.splice(0);
    await this.#turns.end();
    const unwritten = this.#unwritten.splice(0).flatMap((group) => group.batches);
    const batches = [...unwritten, ...(this.#group?.batches ?? []), ...closed, ...this.#closed];
    this.#group = undefined;
    this.#closed = [];
    this.#heldEvents = 0;
    this.#heldBytes = 0;
    return batches;
  }

  /** The process exits: writes at once what is not on disk. Throws what the disk does. */
  writeAtExit(): void {
    this.#writeNow('batch');
  }

  /**
   * The page may end: begins at once to write what is not on disk, as sent, and returns it for one attempt to send it; or as dropped, where no more
   * may be there that was sent. If the page goes on, so does the writer; what could not be written now is written then.
   */
  writeAsSent(): StoredRecord[] {
    if (!this.#listener.isFullOfSent()) {
      return this.#writeNow('sent');
    }
    this.#writeNow('drop');
    return [];
  }

  #writeNow(kind: WrittenKind): StoredRecord[] {
    const { atExit } = this.#tools.backend;
    if (atExit === undefined) {
      return [];
    }
    atExit.finishWrites();
    if (this.#group === this.#handedOver) {
      this.#group = undefined;
    }
    const records: StoredRecord[] = [];
    for (let group = this.#takeGroup(); group !== undefined; group = this.#takeGroup()) {
      while (group.file === undefined && this.#sealNext(group)) {}
      if (group.batches.length === 0) {
        this.#group = undefined;
        continue;
      }
      // Its name may be on disk already, and a file must not have two.
      const isNew = group.file === undefined;
      const { file, bytes } = this.#encode(group, kind);
      records.push(...(isNew ? group.records : []));
      try {
        atExit.write(bytes, ...this.#paths(file));
      } catch (error) {
        if (kind !== 'batch') break;
        throw error;
      }
      this.#written(group, file);
    }
    return records;
  }

  async #writeAll(): Promise<void> {
    for (let group = this.#takeGroup(); group !== undefined; group = this.#takeGroup()) {
      while (group.file === undefined && (await this.#sealNextInTurn(group))) {}
      if (group.batches.length === 0) {
        // What was to be sealed was taken back meanwhile.
        this.#group = this.#group === group ? undefined : this.#group;
        continue;
      }
      await this.#listener.room();
      if (this.#group !== group) {
        // It was written meanwhile, by a page that was about to end.
        continue;
      }
      const { file, bytes } = this.#encode(group, 'batch');
      this.#handedOver = group;
      try {
        await this.#tools.backend.write(bytes, ...this.#paths(file));
      } catch (error) {
        if (this.#group !== group) this.#unwritten.push(group);
        throw error;
      } finally {
        this.#handedOver = undefined;
      }
      this.#written(group, file);
    }
    for (const resolve of this.#idle.splice(0)) {
      resolve();
    }
  }

  /** The group that is to be written next: the one that could not be, or a new one. */
  #takeGroup(): Group | undefined {
    this.#group ??= this.#unwritten.shift();
    if (this.#group === undefined && this.#closed.length > 0) {
      this.#group = { batches: [], records: [], sealedBytes: 0, file: undefined };
    }
    return this.#group;
  }

  /** The batch that goes into the group next; undefined: the group is complete. */
  #nextFor(group: Group): ClosedBatch | undefined {
    const isFull = group.sealedBytes >= storeFileBytesTarget;
    return isFull && accountsForAll(group.batches) ? undefined : this.#closed[0];
  }

  /** Seals one more batch into the group; false: the group is complete. */
  #sealNext(group: Group): boolean {
    const next = this.#nextFor(group);
    if (next === undefined) {
      return false;
    }
    const [bytes, facts] = this.#assemble(next);
    this.#takeIn(group, next, sealWithinLimits(bytes, facts, this.#tools.gzip));
    return true;
  }

  /** The same without holding up the application, which has its turn in between: sealing takes milliseconds. */
  async #sealNextInTurn(group: Group): Promise<boolean> {
    const next = this.#nextFor(group);
    if (next === undefined) {
      return false;
    }
    const [bytes, facts] = this.#assemble(next);
    const aside = sealAside(bytes, facts, this.#tools);
    if (aside === undefined) {
      this.#takeIn(group, next, sealWithinLimits(bytes, facts, this.#tools.gzip));
      await new Promise<void>((resolve) => this.#tools.platform.setTimer(resolve, 0, true));
      return true;
    }
    const sealed = await aside;
    if (this.#closed[0] === next) {
      this.#takeIn(group, next, sealed);
    }
    return true;
  }

  #assemble({ events, dropped }: ClosedBatch): [Uint8Array, BatchFacts] {
    const { firstSeq, lastSeq, count: eventCount } = events;
    return [assembleEvents(this.#producerId, events, dropped), { firstSeq, lastSeq, eventCount, dropped }];
  }

  #takeIn(group: Group, next: ClosedBatch, { batches, oversize, undeclared }: SealResult): void {
    this.#closed.shift();
    const { events } = next;
    const runs = toRuns(oversize).map((run) => ({ ...run, reason: DropReason.OVERSIZE }));
    const ranges = [...runs, ...undeclared];
    const declaration = { producer: this.#producer, coreBytes: events.coreBytes, ranges };
    const records = [
      ...batches.map((batch) => toRecord(batch, this.#producer)),
      ...sealDeclarations([declaration], this.#tools.gzip),
    ];
    const sealedBytes = records.reduce((sum, record) => sum + record.bytes.length, 0);
    group.batches.push({ ...next, dropped: [...next.dropped, ...runs] });
    group.records.push(...records);
    group.sealedBytes += sealedBytes;
    this.#heldBytes += sealedBytes;
    for (const run of runs) {
      this.#listener.onOversize(run.firstSeq, run.lastSeq);
    }
  }

  #encode(group: Group, kind: WrittenKind): { file: StoreFile; bytes: Uint8Array } {
    const { batches, records } = group;
    group.file ??= {
      createdUnixMs: Math.floor(this.#tools.platform.nowUnixUs() / 1000),
      producer: this.#producer,
      ordinal: batches.at(-1)?.ordinal ?? 0,
      ...hull(batches),
      eventCount: records.reduce((sum, { eventCount }) => sum + eventCount, 0),
      state: kind === 'drop' ? { kind, reason: DropReason.STORE_FULL } : { kind },
    };
    return { file: group.file, bytes: encodeFile({ records, sources: [] }, this.#tools.crc32) };
  }

  #paths(file: StoreFile): [string, ...string[]] {
    const name = formatFileName(file);
    const [first, ...others] = this.#folders.map((folder) => `${folder}/${name}`);
    return [first ?? name, ...others];
  }

  /** The group is on disk. */
  #written(group: Group, file: StoreFile): void {
    if (this.#group === group) {
      this.#group = undefined;
    }
    for (const { events } of group.batches) {
      this.#heldEvents -= events.count;
      this.#heldBytes -= events.bytes.length;
    }
    this.#heldBytes -= group.sealedBytes;
    const { batches } = group;
    const firstOrdinal = batches[0]?.ordinal ?? file.ordinal;
    const dropped = batches.flatMap((batch) => batch.dropped);
    const events = accountsForAll(batches) ? without(file, dropped) : batches.flatMap(runsOf);
    this.#listener.onWritten({ firstOrdinal, file, events, dropped });
  }
}
