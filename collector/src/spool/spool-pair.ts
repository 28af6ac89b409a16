import { join } from 'node:path';
import type { Settled } from './group-commit.ts';
import type { RecordContent } from './record-codec.ts';
import type { RecoveredSpool } from './recover-segments.ts';
import type { ClosedSegment } from './segment.ts';
import { Spool, type SpoolOptions } from './spool.ts';

/** As for one spool, and what bounds both together. */
export interface SpoolPairOptions extends Omit<SpoolOptions, 'wasSentBefore' | 'beforeWrite'> {
  /** Bytes on disk at which nothing more is to be taken. */
  readonly spoolSizeBytesMax: number;
}

/**
 * Two spools under one quota: one for batches that come for the first time, one for those that were sent before. Only what may be with another
 * collector as well has to wait and be looked up, and a segment is one or the other as a whole.
 */
export class SpoolPair {
  readonly #fresh: Spool;
  readonly #resent: Spool;
  readonly #sizeBytesMax: number;
  /** Whose each segment is. */
  readonly #owners: WeakMap<ClosedSegment, Spool>;

  private constructor(fresh: Spool, resent: Spool, sizeBytesMax: number, owners: WeakMap<ClosedSegment, Spool>) {
    this.#fresh = fresh;
    this.#resent = resent;
    this.#sizeBytesMax = sizeBytesMax;
    this.#owners = owners;
  }

  /** Opens both; what an earlier life has left in either is handed on. */
  static async open(options: SpoolPairOptions): Promise<{ spool: SpoolPair; recovered: RecoveredSpool }> {
    const owners = new WeakMap<ClosedSegment, Spool>();
    let fresh: Opened | undefined;
    let resent: Opened | undefined;
    const openOne = async (folder: string, wasSentBefore: boolean, beforeWrite: () => Promise<void>) => {
      // Segments of an earlier life are handed on before the spool that owns them is known.
      const early: ClosedSegment[] = [];
      let owner: Spool | undefined;
      const onSegmentClosed = (segment: ClosedSegment) => {
        if (owner === undefined) early.push(segment);
        else owners.set(segment, owner);
        if (owner !== undefined) options.onSegmentClosed(segment);
      };
      const { spool, recovered } = await Spool.open({
        ...options,
        folder,
        wasSentBefore,
        beforeWrite,
        onSegmentClosed,
      });
      owner = spool;
      for (const segment of early) onSegmentClosed(segment);
      return { spool, recovered };
    };
    // What one failed to write is sent again, to the other: it must not be found in both after a crash.
    fresh = await openOne(options.folder, false, async () => resent?.spool.cutFailedTail());
    resent = await openOne(join(options.folder, 'resent'), true, async () => fresh?.spool.cutFailedTail());
    return {
      spool: new SpoolPair(fresh.spool, resent.spool, options.spoolSizeBytesMax, owners),
      recovered: joined(fresh.recovered, resent.recovered),
    };
  }

  /** Bytes on disk that are not loaded yet. */
  get sizeBytes(): number {
    return this.#fresh.sizeBytes + this.#resent.sizeBytes;
  }

  /** Whether the quota is used up. */
  get isFull(): boolean {
    return this.#fresh.takenSizeBytes + this.#resent.takenSizeBytes >= this.#sizeBytesMax;
  }

  /** Whether `append` may be called now. */
  hasRoomFor(content: RecordContent): boolean {
    return this.#spoolOf(content).hasRoomFor(content);
  }

  /** Resolves when there may be room again for this content. */
  nextRoom(content: RecordContent): Promise<void> {
    return this.#spoolOf(content).nextRoom();
  }

  /** Takes a record; `settled` is called when it is on disk, or with the error when it is not and never will be. */
  append(content: RecordContent, settled: Settled): void {
    this.#spoolOf(content).append(content, settled);
  }

  /** Calls back when all that was appended before is on disk. */
  afterPending(settled: Settled): void {
    // Of both at once: a group that fails while the other spool is waited for is gone by then, and its failure with it.
    let isOneSettled = false;
    let failure: Error | undefined;
    const settleOne: Settled = (error) => {
      failure ??= error;
      if (isOneSettled) settled(failure);
      isOneSettled = true;
    };
    this.#fresh.afterPending(settleOne);
    this.#resent.afterPending(settleOne);
  }

  /** Deletes a segment that is loaded. */
  async remove(segment: ClosedSegment): Promise<void> {
    await this.#owners.get(segment)?.remove(segment);
  }

  /** No longer counts a segment that was moved away. */
  forget(segment: ClosedSegment): void {
    this.#owners.get(segment)?.forget(segment);
  }

  /** Writes what waits and closes the segments. Takes nothing more afterwards. */
  async close(): Promise<void> {
    const results = await Promise.allSettled([this.#fresh.close(), this.#resent.close()]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  #spoolOf(content: RecordContent): Spool {
    return content.isResent === true ? this.#resent : this.#fresh;
  }
}

interface Opened {
  readonly spool: Spool;
  readonly recovered: RecoveredSpool;
}

function joined(fresh: RecoveredSpool, resent: RecoveredSpool): RecoveredSpool {
  return {
    segments: [...fresh.segments, ...resent.segments],
    records: fresh.records + resent.records,
    tornSizeBytes: fresh.tornSizeBytes + resent.tornSizeBytes,
    quarantined: [...fresh.quarantined, ...resent.quarantined],
  };
}
