import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadForm } from '@telemetry/warehouse';
import { flushDirectory } from './flush-directory.ts';
import { makeSegmentId, SEGMENT_FILE_NAME } from './segment-id.ts';

/**
 * Whether a write to a segment is on disk when it returns, as `O_DSYNC` has it. One trip to another thread and not two, of write and flush: 18 kB at a
 * time, alone, that is 0.1 ms of CPU less in 0.5. On Linux alone: elsewhere the flag is not there, or leaves the disk's own memory out.
 */
export const WRITES_ARE_FLUSHED = process.platform === 'linux';
const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
const CREATE_FLUSHED = CREATE | constants.O_DSYNC;

/** A segment that takes no more records: its bytes never change again, and its id is the token of its load. */
export interface ClosedSegment {
  readonly id: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** When its first batch was read, or it was found at start: milliseconds by a clock that never steps. */
  readonly oldestMs: number;
  /** Whether a batch in it may be with another collector as well: it was sent before, or this segment is of an earlier life. */
  readonly mayExistTwice?: boolean;
  /** Whether its batches were sent before. */
  readonly wasSentBefore?: boolean;
}

/** The segment that records are appended to. */
export class OpenSegment {
  readonly id: string;
  readonly path: string;
  readonly file: FileHandle;
  /** When its first batch was read: milliseconds by a clock that never steps. */
  oldestMs: number;
  /** Bytes that are on disk for certain. */
  sizeBytes = 0;
  batches = 0;
  events = 0;
  /** Size of its batches when decompressed. */
  plainSizeBytes = 0;

  private constructor(id: string, path: string, file: FileHandle, openedMs: number) {
    this.oldestMs = openedMs;
    this.id = id;
    this.path = path;
    this.file = file;
  }

  /**
   * Makes an empty segment.
   *
   * @param nowMs milliseconds since 1970
   * @param openedMs by a clock that never steps
   * @param form in which it will be loaded
   */
  static async create(
    folder: string,
    nowMs: number,
    openedMs: number,
    counter: number,
    form: LoadForm,
  ): Promise<OpenSegment> {
    const id = makeSegmentId(nowMs, counter, randomBytes(6).toString('hex'), form);
    const path = pathOf(folder, id);
    const file = await open(path, WRITES_ARE_FLUSHED ? CREATE_FLUSHED : CREATE, 0o600);
    try {
      await flushDirectory(folder);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new OpenSegment(id, path, file, openedMs);
  }
}

function pathOf(folder: string, id: string): string {
  return join(folder, `${id}.segment.gz`);
}

/**
 * Segments found in the folder, the oldest first.
 *
 * @param nowMs by a clock that never steps
 */
export async function listSegments(folder: string, nowMs: number): Promise<ClosedSegment[]> {
  const names = (await readdir(folder)).sort();
  const segments: ClosedSegment[] = [];
  for (const name of names) {
    const id = SEGMENT_FILE_NAME.exec(name)?.[1];
    if (id === undefined) continue;
    const path = join(folder, name);
    segments.push({ id, path, sizeBytes: (await stat(path)).size, oldestMs: nowMs, mayExistTwice: true });
  }
  return segments;
}
