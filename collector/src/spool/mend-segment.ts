import { mkdir, open, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { flushDirectory } from './flush-directory.ts';
import { readWholeFile } from './read-whole-file.ts';
import { type DamagedRange, type SegmentContent, scanSegment } from './scan-segment.ts';

/** A file of records. */
interface SegmentFile {
  readonly id: string;
  readonly path: string;
}

/** A file that was read, and mended where that was needed. */
export interface MendedSegment {
  /** As it was read; the places of `content` are places in it. */
  readonly bytes: Buffer;
  readonly content: SegmentContent;
  /** Files in the quarantine folder that hold what was no record. */
  readonly setAside: readonly string[];
}

/** Reads a file of records. What is no record goes to the quarantine folder, and the file keeps the others. */
export async function mendSegment(segment: SegmentFile, quarantineFolder: string): Promise<MendedSegment> {
  const bytes = await readWholeFile(segment.path);
  const content = scanSegment(bytes);
  if (content.damaged.length > 0) {
    return { bytes, content, setAside: await quarantineDamage(segment, bytes, content, quarantineFolder) };
  }
  if (content.tail === undefined) return { bytes, content, setAside: [] };
  const paths = await setAside(segment, bytes, [content.tail], 'torn', quarantineFolder);
  await cutOff(segment.path, content.tail.startByte);
  return { bytes, content, setAside: paths };
}

async function cutOff(path: string, sizeBytes: number): Promise<void> {
  await truncate(path, sizeBytes);
  const file = await open(path, 'r+');
  await file.sync();
  await file.close();
}

/** Copies the damaged bytes aside, then replaces the segment by its good records in one rename. */
async function quarantineDamage(
  segment: SegmentFile,
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
  segment: SegmentFile,
  bytes: Buffer,
  ranges: readonly DamagedRange[],
  reason: 'torn' | 'damaged',
  quarantineFolder: string,
): Promise<string[]> {
  await mkdir(quarantineFolder, { recursive: true, mode: 0o700 });
  const paths: string[] = [];
  for (const range of ranges) {
    const name = `${segment.id}-${range.startByte}`;
    paths.push(await keep(quarantineFolder, name, reason, bytes.subarray(range.startByte, range.endByte)));
  }
  await flushDirectory(quarantineFolder);
  return paths;
}

/** Writes a file beside those that are there: a segment that was mended can be damaged again, at the same place. */
async function keep(folder: string, name: string, reason: string, bytes: Buffer): Promise<string> {
  for (let count = 1; ; count++) {
    const path = join(folder, count === 1 ? `${name}.${reason}` : `${name}-${count}.${reason}`);
    try {
      await writeFile(path, bytes, { mode: 0o600, flush: true, flag: 'wx' });
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      // What a collector wrote that was killed before it had replaced the segment.
      if ((await readFile(path)).equals(bytes)) return path;
    }
  }
}
