import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { flushDirectory } from './flush-directory.ts';
import { mendSegment } from './mend-segment.ts';
import type { RecordFacts } from './record-codec.ts';
import { type ClosedSegment, listSegments } from './segment.ts';

/** What was found in the spool at start. */
export interface RecoveredSpool {
  /** Segments to load, the oldest first. */
  readonly segments: readonly ClosedSegment[];
  readonly records: number;
  /** Bytes cut off ends of segments: records that were never acknowledged. */
  readonly tornSizeBytes: number;
  /** Files set aside in the quarantine folder. */
  readonly quarantined: readonly string[];
}

/** Told of a record, of the bytes that it stands in, and of the segment, if it counts for the spool's quota. */
export type RecordVisitor = (record: RecordFacts, bytes: Buffer, segmentId?: string) => void;

/**
 * Makes the segments that an earlier life left behind ready to load, and tells `visit` of every record in them.
 *
 * What is no record, be it torn off at the end or damaged in between, goes to the quarantine folder, and the rest of the segment is kept:
 * whether an end was torn off before its acknowledgement or damaged after it cannot be told. Nothing here stops a start.
 *
 * @param nowMs by a clock that never steps
 */
export async function recoverSegments(
  folder: string,
  quarantineFolder: string,
  nowMs: number,
  visit: RecordVisitor,
): Promise<RecoveredSpool> {
  const segments: ClosedSegment[] = [];
  const quarantined: string[] = [];
  let records = 0;
  let tornSizeBytes = 0;
  await removeReplacements(folder);
  for (const segment of await listSegments(folder, nowMs)) {
    const { bytes, content, setAside } = await mendSegment(segment, quarantineFolder);
    quarantined.push(...setAside);
    if (content.damaged.length === 0 && content.tail !== undefined) {
      tornSizeBytes += content.tail.endByte - content.tail.startByte;
    }
    if (content.records.length === 0) {
      await unlink(segment.path);
      continue;
    }
    for (const record of content.records) visit(record, bytes, segment.id);
    records += content.records.length;
    const sizeBytes = content.records.reduce((sum, record) => sum + record.sizeBytes, 0);
    segments.push({ ...segment, sizeBytes });
  }
  await flushDirectory(folder);
  return { segments, records, tornSizeBytes, quarantined };
}

/** A crash in the middle of cutting batches out of a segment leaves the file that was to take its place; the segment is whole. */
async function removeReplacements(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith('.segment.gz.tmp')) await unlink(join(folder, name));
  }
}
