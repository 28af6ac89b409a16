import { mkdir, open, readdir, readFile, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { flushDirectory } from './flush-directory.ts';
import type { RecordFacts } from './record-codec.ts';
import { type DamagedRange, type SegmentContent, scanSegment } from './scan-segment.ts';
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
    const bytes = await readFile(segment.path);
    const content = scanSegment(bytes);
    if (content.damaged.length > 0) {
      quarantined.push(...(await quarantineDamage(segment, bytes, content, quarantineFolder)));
    } else if (content.tail !== undefined) {
      tornSizeBytes += content.tail.endByte - content.tail.startByte;
      quarantined.push(...(await setAside(segment, bytes, [content.tail], 'torn', quarantineFolder)));
      await cutOff(segment.path, content.tail.startByte);
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

async function cutOff(path: string, sizeBytes: number): Promise<void> {
  await truncate(path, sizeBytes);
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
}

/** Copies the damaged bytes aside, then replaces the segment by its good records in one rename. */
async function quarantineDamage(
  segment: ClosedSegment,
  bytes: Buffer,
  content: SegmentContent,
  quarantineFolder: string,
): Promise<string[]> {
  const ranges = content.tail === undefined ? content.damaged : [...content.damaged, content.tail];
  const paths = await setAside(segment, bytes, ranges, 'damaged', quarantineFolder);
  const good = content.records.map((record) => bytes.subarray(record.startByte, record.startByte + record.sizeBytes));
  const replacement = join(quarantineFolder, `${basename(segment.path)}.tmp`);
  await writeFile(replacement, Buffer.concat(good), { mode: 0o600, flush: true });
  await rename(replacement, segment.path);
  return paths;
}

/** Writes ranges of a segment to files of their own, named by the segment, the place and the reason. */
async function setAside(
  segment: ClosedSegment,
  bytes: Buffer,
  ranges: readonly DamagedRange[],
  reason: 'torn' | 'damaged',
  quarantineFolder: string,
): Promise<string[]> {
  await mkdir(quarantineFolder, { recursive: true, mode: 0o700 });
  const paths: string[] = [];
  for (const range of ranges) {
    const path = join(quarantineFolder, `${segment.id}-${range.startByte}.${reason}`);
    await writeFile(path, bytes.subarray(range.startByte, range.endByte), { mode: 0o600, flush: true });
    paths.push(path);
  }
  await flushDirectory(quarantineFolder);
  return paths;
}
