import { hash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { type RejectedBatch, type Rejection, recordRejected } from '@telemetry/warehouse';
import { flushDirectory } from '../spool/flush-directory.ts';
import type { RecordFacts } from '../spool/record-codec.ts';
import { recordStamp } from '../spool/record-stamp.ts';

/** Of the digest of its bytes in a file's name. */
const NAME_DIGEST_CHARACTERS = 16;

/** Where rejected records go. */
export interface RejectPlace {
  readonly client: ClickHouseClient;
  readonly collectorId: string;
  readonly quarantineFolder: string;
}

/**
 * Puts records of a segment aside for good: their bytes into a file of the quarantine folder, their names into the `rejected` table. Again
 * and again is as good as once.
 *
 * @returns the name of the file
 */
export async function rejectRecords(
  { client, collectorId, quarantineFolder }: RejectPlace,
  segment: { readonly id: string; readonly bytes: Buffer },
  records: readonly RecordFacts[],
  why: Pick<Rejection, 'reason' | 'message' | 'isInLedger'>,
): Promise<string> {
  const bytes = joinRecords(segment.bytes, records);
  // Named after the bytes: places change when records are cut out, and a file must never replace another one's records.
  const file = `${segment.id}-${hash('sha1', bytes).slice(0, NAME_DIGEST_CHARACTERS)}.${why.reason}`;
  await mkdir(quarantineFolder, { recursive: true, mode: 0o700 });
  await writeFile(join(quarantineFolder, file), bytes, { mode: 0o600, flush: true });
  await flushDirectory(quarantineFolder);
  const batches = records.map((record) => describe(segment.bytes, record));
  await recordRejected(client, { ...why, segmentId: segment.id, collectorId, file }, batches);
  return file;
}

/** The bytes of records, end to end. */
export function joinRecords(bytes: Buffer, records: readonly RecordFacts[]): Buffer {
  return Buffer.concat(sliceRecords(bytes, records));
}

/** The bytes of each record. Views. */
export function sliceRecords(bytes: Buffer, records: readonly RecordFacts[]): Buffer[] {
  return records.map(({ startByte, sizeBytes }) => bytes.subarray(startByte, startByte + sizeBytes));
}

function describe(bytes: Buffer, record: RecordFacts): RejectedBatch {
  const { digest, receivedTimeUs } = recordStamp(bytes, record);
  return {
    producerHex: Buffer.from(record.producerId).toString('hex'),
    firstSeq: record.sequence[0] as number,
    lastSeq: record.sequence[record.sequence.length - 1] as number,
    eventCount: record.eventCount,
    contentDigest: Buffer.from(digest).readBigUInt64LE(),
    product: Buffer.from(record.productName ?? []).toString(),
    receivedTimeUs,
  };
}
