import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordContent, RecordFacts } from '../../../collector/src/spool/record-codec.ts';
import type { RecoveredSpool } from '../../../collector/src/spool/recover-segments.ts';
import { scanSegment } from '../../../collector/src/spool/scan-segment.ts';
import type { ClosedSegment } from '../../../collector/src/spool/segment.ts';
import { Spool, type SpoolBounds } from '../../../collector/src/spool/spool.ts';
import { batch } from './batches.ts';
import { contentOf } from './records.ts';

/** A spool and what it has said. */
export interface OpenedSpool {
  readonly spool: Spool;
  readonly recovered: RecoveredSpool;
  readonly closed: ClosedSegment[];
  readonly records: RecordFacts[];
  readonly errors: Error[];
  /** Resolves when so many segments have closed. */
  closedSegments(count: number): Promise<readonly ClosedSegment[]>;
}

const BOUNDS: SpoolBounds = {
  segmentSizeBytesMax: 1_000_000,
  segmentAgeMsMax: 60_000,
  segmentAgesMax: 3,
  heavySizeBytes: Number.POSITIVE_INFINITY,
  heavyAgesMax: 1,
  stagingSizeBytes: 300_000,
  plainSizeBytesMax: Number.POSITIVE_INFINITY,
  columnsPlainSizeBytesMax: Number.POSITIVE_INFINITY,
  columnsEventsMax: Number.POSITIVE_INFINITY,
};

/** Opens a real spool in a folder. */
export async function openSpool(
  folder: string,
  bounds: Partial<SpoolBounds> = {},
  isLoaderBehind = () => false,
): Promise<OpenedSpool> {
  const closed: ClosedSegment[] = [];
  const records: RecordFacts[] = [];
  const errors: Error[] = [];
  let wake = () => {};
  const { spool, recovered } = await Spool.open({
    folder,
    quarantineFolder: join(folder, 'quarantine'),
    bounds: { ...BOUNDS, ...bounds },
    clock: Date.now,
    steadyClock: () => performance.now(),
    isLoaderBehind,
    onSegmentClosed: (segment) => {
      closed.push(segment);
      wake();
    },
    onRecordRecovered: (record) => records.push({ ...record, producerId: Uint8Array.from(record.producerId) }),
    onWriteError: (error) => errors.push(error),
  });
  const closedSegments = async (count: number) => {
    while (closed.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return closed;
  };
  return { spool, recovered, closed, records, errors, closedSegments };
}

/** A record's content with one number, of at least so many bytes. */
export function contentWith(number: number, sizeBytes = 0): RecordContent {
  const content = contentOf(batch(), new Set([number]), false);
  const bytes = Buffer.concat([content.bytes, Buffer.alloc(sizeBytes, 'x')]);
  return { ...content, bytes, plainSizeBytes: bytes.length };
}

/** Appends and waits until it is on disk; rejects when it is not. */
export async function append(spool: Spool, content: RecordContent): Promise<void> {
  while (!spool.hasRoomFor(content)) await spool.nextRoom();
  await new Promise<void>((resolve, reject) => {
    spool.append(content, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

/** First numbers of all records in the segments of a spool folder, and whether these files hold anything else. */
export async function numbersOnDisk(folder: string): Promise<{ numbers: number[]; isClean: boolean }> {
  const segments = join(folder, 'segments');
  const numbers: number[] = [];
  let isClean = true;
  for (const name of (await readdir(segments)).sort()) {
    const { records, damaged, tail } = scanSegment(await readFile(join(segments, name)));
    numbers.push(...records.map((record) => record.sequence[0] ?? -1));
    if (damaged.length > 0 || tail !== undefined) isClean = false;
  }
  return { numbers, isClean };
}
