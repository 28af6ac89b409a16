import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadForm } from '@telemetry/warehouse';
import type { SpoolShares } from '../fairness/spool-shares.ts';
import { COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN } from '../limits.ts';
import { DiskRoom } from './disk-room.ts';
import { flushDirectory } from './flush-directory.ts';
import { GroupCommit, type GroupFacts, type Settled } from './group-commit.ts';
import type { RecordContent } from './record-codec.ts';
import { type RecordVisitor, type RecoveredSpool, recoverSegments } from './recover-segments.ts';
import { type ClosedSegment, OpenSegment, WRITES_ARE_FLUSHED } from './segment.ts';
import { loadFormOf } from './segment-id.ts';
import { writeFully } from './write-fully.ts';

/** What bounds the spool; see `limits.ts`. */
export interface SpoolBounds {
  readonly segmentSizeBytesMax: number;
  readonly segmentAgeMsMax: number;
  /** How many times that age a segment may reach while the loader is behind. At least 1. */
  readonly segmentAgesMax: number;
  /** From this size on a segment may reach `heavyAgesMax` times that age. */
  readonly heavySizeBytes: number;
  readonly heavyAgesMax: number;
  readonly stagingSizeBytes: number;
  /** Of a segment when decompressed, and of one group commit. */
  readonly plainSizeBytesMax: number;
  /** Of a segment that is loaded as columns, when decompressed. */
  readonly columnsPlainSizeBytesMax: number;
  /** Of the same, in events. */
  readonly columnsEventsMax: number;
}

/** What the spool needs from outside. */
export interface SpoolOptions {
  readonly folder: string;
  /** Where damaged records go. */
  readonly quarantineFolder: string;
  readonly bounds: SpoolBounds;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Milliseconds by a clock that never steps. */
  readonly steadyClock: () => number;
  /** Whether what comes here was sent before, so that another collector may have it as well. Default false. */
  readonly wasSentBefore?: boolean;
  /**
   * Awaited before each write, which fails with it: that what another spool failed to write, and was sent again to this one, will not be found
   * there later.
   */
  readonly beforeWrite?: () => Promise<void>;
  /** Whether segments wait to be loaded, so that closing this one would hasten nothing. Default: never. */
  readonly isLoaderBehind?: () => boolean;
  /** Given every segment that has closed, in order. */
  readonly onSegmentClosed: (segment: ClosedSegment) => void;
  /** Told of every record found at start. */
  readonly onRecordRecovered: RecordVisitor;
  /** Where it is noted who holds how much. Default: nowhere. */
  readonly shares?: SpoolShares;
  /** Told when the disk failed, for the log. */
  readonly onWriteError: (error: Error) => void;
  /** Told of each group commit that is on disk: how many batches, and how long the write and its flush took. */
  readonly onCommit?: (batches: number, durationMs: number) => void;
}

/** Thrown into the void: the spool cannot be opened. */
export class SpoolError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'SpoolError';
  }
}

/** Keeps batches on disk from their acknowledgement until they are loaded. */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #segmentFolder: string;
  readonly #commit: GroupCommit;
  readonly #room: DiskRoom;
  #segment: OpenSegment | undefined;
  #segmentCounter = 0;
  /** Of the next segment: as the batches of the last one were; where there was none, as those of its first group are. */
  #form: LoadForm | undefined;
  #closedSizeBytes = 0;
  #ageTimer: NodeJS.Timeout | undefined;
  #segmentWork: Promise<void> = Promise.resolve();
  /** Whether the open segment may hold bytes behind its certain end; nothing is written to it before they are cut off. */
  #hasUncertainTail = false;
  /** Whether that is so because a write failed, and not because one is on its way. */
  #hasFailedTail = false;

  private constructor(options: SpoolOptions, segmentFolder: string) {
    this.#options = options;
    this.#segmentFolder = segmentFolder;
    this.#room = new DiskRoom(segmentFolder, options.steadyClock);
    this.#commit = new GroupCommit(
      (bytes, group) => this.#exclusively(() => this.#write(bytes, group)),
      options.bounds.stagingSizeBytes,
      options.bounds.plainSizeBytesMax,
    );
  }

  /** Opens the spool; recovers what an earlier life left, and hands it on as closed segments. */
  static async open(options: SpoolOptions): Promise<{ spool: Spool; recovered: RecoveredSpool }> {
    const segmentFolder = join(options.folder, 'segments');
    try {
      await mkdir(segmentFolder, { recursive: true, mode: 0o700 });
      const { quarantineFolder, steadyClock, onRecordRecovered } = options;
      const recovered = await recoverSegments(segmentFolder, quarantineFolder, steadyClock(), onRecordRecovered);
      const spool = new Spool(options, segmentFolder);
      for (const segment of recovered.segments) {
        spool.#closedSizeBytes += segment.sizeBytes;
        options.onSegmentClosed({ ...segment, wasSentBefore: options.wasSentBefore === true });
        spool.#form = loadFormOf(segment.id);
      }
      return { spool, recovered };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new SpoolError(
        `The spool folder ${options.folder} cannot be used: ${detail}. Is it writable, and the disk not full?`,
        error,
      );
    }
  }

  /** Bytes on disk that are not loaded yet. */
  get sizeBytes(): number {
    return this.#closedSizeBytes + (this.#segment?.sizeBytes ?? 0);
  }

  /** Bytes on disk or on their way there. */
  get takenSizeBytes(): number {
    return this.sizeBytes + this.#commit.pendingSizeBytes;
  }

  /** Whether `append` may be called now. */
  hasRoomFor(content: RecordContent): boolean {
    return this.#commit.hasRoomFor(content);
  }

  /** Resolves when there may be room again. */
  nextRoom(): Promise<void> {
    return this.#commit.nextRoom();
  }

  /** Takes a record; `settled` is called when it is on disk, or with the error when it is not and never will be. */
  append(content: RecordContent, settled: Settled): void {
    this.#commit.append(content, settled);
  }

  /** Calls back when all that was appended before is on disk. */
  afterPending(settled: Settled): void {
    this.#commit.afterPending(settled);
  }

  /** Deletes a segment that is loaded. */
  async remove(segment: ClosedSegment): Promise<void> {
    await unlink(segment.path);
    await flushDirectory(this.#segmentFolder);
    this.forget(segment);
  }

  /** No longer counts a segment that was moved away. */
  forget(segment: ClosedSegment): void {
    this.#closedSizeBytes -= segment.sizeBytes;
    this.#options.shares?.leave(segment.id);
  }

  /** Writes what waits, those included that wait for room, and closes the segment. Takes nothing more afterwards. */
  async close(): Promise<void> {
    do {
      await this.#commit.idle();
      await this.#exclusively(() => this.#closeSegment());
    } while (!this.#commit.isIdle);
  }

  /** Cuts off what a failed write may have left. Rejects when it cannot. */
  async cutFailedTail(): Promise<void> {
    if (!this.#hasFailedTail) return;
    await this.#exclusively(async () => {
      if (this.#segment !== undefined && this.#hasFailedTail) await this.#cutUncertainTail(this.#segment);
    });
  }

  /** Serializes what touches the open segment. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    const result = this.#segmentWork.then(work);
    this.#segmentWork = result.catch(() => {});
    return result;
  }

  async #write(bytes: Buffer, group: GroupFacts): Promise<void> {
    const { onWriteError } = this.#options;
    const { batches, events, plainSizeBytes, oldestMs, shares } = group;
    const startedMs = performance.now();
    try {
      await this.#room.expect(bytes.length);
      this.#segment ??= await this.#openSegment(this.#form ?? loadFormFor(group));
      if (this.#hasUncertainTail) await this.#cutUncertainTail(this.#segment);
      // After our own tail is certain: two spools that wait for each other's would wait for ever.
      await this.#options.beforeWrite?.();
      this.#hasUncertainTail = true;
      await writeFully(this.#segment.file, bytes, this.#segment.sizeBytes);
      if (!WRITES_ARE_FLUSHED) await this.#segment.file.datasync();
      this.#hasUncertainTail = false;
    } catch (error) {
      this.#hasFailedTail = this.#hasUncertainTail;
      onWriteError(toError(error));
      throw error;
    }
    this.#options.onCommit?.(batches, performance.now() - startedMs);
    const segment = this.#segment;
    segment.sizeBytes += bytes.length;
    this.#options.shares?.enter(segment.id, shares);
    segment.plainSizeBytes += plainSizeBytes;
    segment.batches += batches;
    segment.events += events;
    // Not when the file was made: its first batches may have waited for a stuck disk, and another collector counts from their sending.
    if (oldestMs !== undefined) segment.oldestMs = Math.min(segment.oldestMs, oldestMs);
    if (segment.sizeBytes === bytes.length) this.#closeLater(1);
    if (this.#isFull(segment)) await this.#closeSegment();
  }

  #isFull({ id, sizeBytes, plainSizeBytes, events }: OpenSegment): boolean {
    const { bounds } = this.#options;
    if (sizeBytes >= bounds.segmentSizeBytesMax) return true;
    if (loadFormOf(id) === 'messages') return plainSizeBytes >= bounds.plainSizeBytesMax;
    return plainSizeBytes >= bounds.columnsPlainSizeBytesMax || events >= bounds.columnsEventsMax;
  }

  #openSegment(form: LoadForm): Promise<OpenSegment> {
    const { clock, steadyClock } = this.#options;
    return OpenSegment.create(this.#segmentFolder, clock(), steadyClock(), ++this.#segmentCounter, form);
  }

  /**
   * After a failed write or flush nobody knows which bytes are on disk. They were not acknowledged and the client sends them again, so
   * they must not be found later.
   */
  async #cutUncertainTail(segment: OpenSegment): Promise<void> {
    await segment.file.truncate(segment.sizeBytes);
    await segment.file.datasync();
    this.#hasUncertainTail = false;
    this.#hasFailedTail = false;
  }

  /** A large segment costs the engine less than several small ones, so one that would have to wait grows on. */
  #closeLater(ages: number): void {
    const { bounds, isLoaderBehind, onWriteError } = this.#options;
    const close = () => {
      const isHeavy = (this.#segment?.sizeBytes ?? 0) >= bounds.heavySizeBytes;
      const mayGrow = ages < bounds.segmentAgesMax && isLoaderBehind?.() === true;
      if (mayGrow || (isHeavy && ages < bounds.heavyAgesMax)) this.#closeLater(ages + 1);
      else void this.#exclusively(() => this.#closeSegment()).catch((error) => onWriteError(toError(error)));
    };
    this.#ageTimer = setTimeout(close, bounds.segmentAgeMsMax).unref();
  }

  async #closeSegment(): Promise<void> {
    clearTimeout(this.#ageTimer);
    const segment = this.#segment;
    if (segment === undefined) return;
    try {
      if (this.#hasUncertainTail) await this.#cutUncertainTail(segment);
    } catch (error) {
      this.#closeLater(1);
      throw error;
    }
    this.#segment = undefined;
    this.#form = loadFormFor(segment);
    // At once: what counted as open a moment ago must not look like room while the file is being closed.
    this.#closedSizeBytes += segment.sizeBytes;
    // All that counts was flushed, so a failure here takes nothing back, and must not be told to those who wait for a write.
    await segment.file.close().catch((error) => this.#options.onWriteError(toError(error)));
    if (segment.sizeBytes === 0) await unlink(segment.path);
    else {
      const { id, path, sizeBytes, oldestMs } = segment;
      const wasSentBefore = this.#options.wasSentBefore === true;
      const closed = { id, path, sizeBytes, oldestMs, wasSentBefore, mayExistTwice: wasSentBefore };
      this.#options.onSegmentClosed(closed);
    }
  }
}

/** Columns of small batches cost the collector more than they spare the engine. */
function loadFormFor({ plainSizeBytes, batches }: Pick<GroupFacts, 'plainSizeBytes' | 'batches'>): LoadForm {
  return plainSizeBytes >= batches * COLUMNS_BATCH_PLAIN_SIZE_BYTES_MIN ? 'columns' : 'messages';
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
