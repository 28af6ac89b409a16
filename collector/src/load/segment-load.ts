import { rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { announceSegment, recordSegmentLoad } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import { ColumnEncoders } from '../columns/column-encoders.ts';
import { announceTimeoutMs, ENCODER_WAIT_MS_MAX, RECORD_CONTENT_SIZE_BYTES_MAX } from '../limits.ts';
import { flushDirectory } from '../spool/flush-directory.ts';
import { mendSegment } from '../spool/mend-segment.ts';
import { DamagedSegmentError } from '../spool/read-records.ts';
import { readWholeFile } from '../spool/read-whole-file.ts';
import type { RecordFacts } from '../spool/record-codec.ts';
import { scanSegmentInTurns } from '../spool/scan-segment.ts';
import { loadFormOf } from '../spool/segment-id.ts';
import { findPoison } from './find-poison.ts';
import type { Handover } from './handover.ts';
import { type LoadError, toLoadError } from './load-error.ts';
import type { LoadGate } from './load-gate.ts';
import { joinRecords, rejectRecords, sliceRecords } from './reject-records.ts';
import { type SegmentSummary, summarizeFile, summarizeSegment } from './segment-summary.ts';
import { insertSegment, isReadable, type LoadWays } from './warehouse-load.ts';

/** A file of records, with the id that is the token of its load. */
export interface LoadableSegment {
  readonly id: string;
  readonly path: string;
}

/** What loading works with. */
export interface SegmentLoadParts {
  readonly client: ClickHouseClient;
  /** Where columns are handed over to a warehouse on the same machine. Default: they are sent. */
  readonly handover?: Handover;
  readonly collectorId: string;
  readonly quarantineFolder: string;
  readonly logger: Logger;
  /** Longest load. */
  readonly loadTimeoutMs: number;
  /** Holds up loads while the warehouse is repaired. */
  readonly gate: LoadGate;
  /** Remembers records that were set aside, durably, before they are cut out of their segment. */
  readonly logRejected: (summary: SegmentSummary) => Promise<void>;
  /** Told how many damaged parts of a segment were set aside. */
  readonly onDamaged: (count: number) => void;
  /** Told of records that were set aside for good, once. */
  readonly onRejected: (summary: SegmentSummary) => void;
}

/**
 * Loads segments in three steps, each of which repeated changes nothing: the ledger, by which everybody knows that the load has begun; the
 * batches; the note that it is done.
 */
export class SegmentLoad {
  readonly #parts: SegmentLoadParts;
  readonly #ways: LoadWays;
  readonly #encoders = new ColumnEncoders(RECORD_CONTENT_SIZE_BYTES_MAX, ENCODER_WAIT_MS_MAX);

  constructor(parts: SegmentLoadParts) {
    this.#parts = parts;
    this.#ways = { client: parts.client, encoders: this.#encoders, handover: parts.handover };
  }

  /** Reads a segment. What the disk has damaged since it was written is set aside before, so that its neighbours are loaded. */
  async summarize(segment: LoadableSegment): Promise<SegmentSummary> {
    const { collectorId } = this.#parts;
    try {
      return await summarizeFile(segment.path, collectorId, segment.id);
    } catch (error) {
      if (!(error instanceof DamagedSegmentError)) throw error;
    }
    await this.#mend(segment);
    return summarizeFile(segment.path, collectorId, segment.id);
  }

  /**
   * Loads a segment; batches that the warehouse cannot read are cut out of its file and set aside.
   *
   * @param beforeAnnouncing throws when the load must not begin any more
   * @returns what was loaded
   */
  async load(segment: LoadableSegment, signal: AbortSignal, beforeAnnouncing = () => {}): Promise<SegmentSummary> {
    const { client, loadTimeoutMs, gate } = this.#parts;
    await gate.pass(signal);
    const summary = await this.summarize(segment);
    if (summary.batchCount === 0) return summary;
    beforeAnnouncing();
    const timeoutMs = announceTimeoutMs(loadTimeoutMs);
    await announceSegment(client, { segmentId: segment.id, rows: summary.ledgerRows, timeoutMs, signal });
    try {
      await insertSegment(this.#ways, segment, { timeoutMs: loadTimeoutMs, signal });
    } catch (cause) {
      const error = toLoadError(cause);
      if (error.kind === 'retryable') throw error;
      return this.#loadReadable(segment, error, signal);
    }
    await this.#noteLoaded(segment, summary, signal);
    return summary;
  }

  /** Sets all records of a segment aside, and returns what they were. Its file is left. */
  async rejectAll(segment: LoadableSegment, message: string): Promise<SegmentSummary> {
    const bytes = await readWholeFile(segment.path);
    const { records } = await scanSegmentInTurns(bytes);
    return this.#reject(segment, bytes, records, message);
  }

  /**
   * Loads a refused segment without its unreadable batches. It keeps its id, and so the token: what the warehouse refused to read it has not
   * stored under the token, and the blocks before that one are cut from the same batches again.
   */
  async #loadReadable(segment: LoadableSegment, failure: LoadError, signal: AbortSignal): Promise<SegmentSummary> {
    const { client, loadTimeoutMs, onRejected } = this.#parts;
    const bytes = await readWholeFile(segment.path);
    const { records } = await scanSegmentInTurns(bytes);
    const deadline = { timeoutMs: loadTimeoutMs, signal };
    const form = loadFormOf(segment.id);
    const poison = await findPoison(records, (some) =>
      isReadable(client, this.#encoders, form, sliceRecords(bytes, some), deadline),
    );
    // Each of them can be read: it is the load as a whole that fails.
    if (poison.length === 0) throw failure;
    const rejected = await this.#reject(segment, bytes, poison, failure.message);
    const isPoison = new Set(poison);
    const good = records.filter((record) => !isPoison.has(record));
    const summary = this.#summarize(segment, bytes, good);
    if (good.length > 0) {
      await replaceFile(segment.path, joinRecords(bytes, good));
      onRejected(rejected);
      await insertSegment(this.#ways, segment, deadline);
    }
    await this.#noteLoaded(segment, summary, signal);
    // Where none was good the file is left as it is: with the batches would go what says that the note is still to be made.
    if (good.length === 0) onRejected(rejected);
    return summary;
  }

  async #mend(segment: LoadableSegment): Promise<void> {
    const { quarantineFolder, logger, onDamaged } = this.#parts;
    const { setAside: files } = await mendSegment(segment, quarantineFolder);
    await flushDirectory(dirname(segment.path));
    logger.error(
      { segment: segment.id, files },
      'a segment was damaged while it waited; what is no record is set aside',
    );
    onDamaged(files.length);
  }

  #noteLoaded({ id }: LoadableSegment, { batchCount, eventCount }: SegmentSummary, signal: AbortSignal): Promise<void> {
    const { client, collectorId } = this.#parts;
    return recordSegmentLoad(client, { segmentId: id, collectorId, batchCount, eventCount }, signal);
  }

  async #reject(segment: LoadableSegment, bytes: Buffer, records: readonly RecordFacts[], message: string) {
    const { logRejected, logger } = this.#parts;
    const why = { reason: 'unreadable', message, isInLedger: true } as const;
    const file = await rejectRecords(this.#parts, { id: segment.id, bytes }, records, why);
    const summary = this.#summarize(segment, bytes, records);
    await logRejected(summary);
    const { batchCount, eventCount } = summary;
    logger.error(
      { segment: segment.id, file, batchCount, eventCount, reason: message },
      'the warehouse cannot read batches; they are set aside',
    );
    return summary;
  }

  #summarize(segment: LoadableSegment, bytes: Buffer, records: readonly RecordFacts[]): SegmentSummary {
    return summarizeSegment(bytes, records, this.#parts.collectorId, segment.id);
  }
}

async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  await writeFile(`${path}.tmp`, bytes, { mode: 0o600, flush: true });
  await rename(`${path}.tmp`, path);
  await flushDirectory(dirname(path));
}
