import { hash } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { database } from '../migrations/database.ts';

/** A batch that was acknowledged and is not stored. */
export interface RejectedBatch {
  /** 16 bytes in hexadecimal. */
  readonly producerHex: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly eventCount: number;
  readonly contentDigest: bigint;
  readonly product: string;
  /** Microseconds since 1970. */
  readonly receivedTimeUs: number;
}

/** What the rejected batches of one segment have in common. */
export interface Rejection {
  readonly segmentId: string;
  readonly collectorId: string;
  readonly reason: 'unreadable' | 'sequence_conflict';
  /** For people. */
  readonly message: string;
  /** Name of the file in the quarantine folder that has their bytes. */
  readonly file: string;
  /** Whether the ledger has announced them. */
  readonly isInLedger: boolean;
}

const US_PER_MS = 1_000;
const ISO_DATE_CHARACTERS = 10;

/** Puts batches on record as rejected. Again and again, with the same batches and reason, is as good as once. */
export async function recordRejected(
  client: ClickHouseClient,
  rejection: Rejection,
  batches: readonly RejectedBatch[],
): Promise<void> {
  if (batches.length === 0) return;
  await client.insert({
    table: `${database}.rejected`,
    format: 'JSONEachRow',
    values: batches.map((batch) => ({
      collector_id: rejection.collectorId,
      segment_id: rejection.segmentId,
      producer_hex: batch.producerHex,
      first_seq: batch.firstSeq,
      last_seq: batch.lastSeq,
      event_count: batch.eventCount,
      content_digest: String(batch.contentDigest),
      product: batch.product,
      day: new Date(batch.receivedTimeUs / US_PER_MS).toISOString().slice(0, ISO_DATE_CHARACTERS),
      reason: rejection.reason,
      message: rejection.message,
      file: rejection.file,
      in_ledger: rejection.isInLedger,
    })),
    clickhouse_settings: {
      insert_deduplication_token: `${rejection.segmentId}-${keysOf(batches)}`,
      insert_deduplicate: 1,
      async_insert: 0,
    },
  });
}

/** Tells the batches of one call from those of another for the same segment. */
function keysOf(batches: readonly RejectedBatch[]): string {
  return hash('sha1', batches.map((batch) => `${batch.producerHex} ${batch.contentDigest}`).join('\n'));
}
