import { AUDIT_BUCKET_ROWS, AUDIT_SUSPECTS_MAX } from '../limits.ts';
import { database } from '../migrations/database.ts';
import type { AuditRange } from './audit-filter.ts';
import type { AuditSession } from './audit-session.ts';
import { ledgerRuns } from './key-checksum.ts';
import { ofProducers } from './read-books.ts';

/** A batch of a producer that has a number in more than one. */
export interface LedgerBatch {
  readonly producerHex: string;
  readonly product: string;
  readonly runs: readonly (readonly [number, number])[];
  readonly contentDigest: string;
  readonly segmentId: string;
  readonly collectorId: string;
  readonly receivedTimeUs: string;
  readonly day: string;
}

/** Batches that are in the ledger and stored nowhere. */
const notRejected = `(segment_id, producer_id, content_digest) NOT IN (
  SELECT segment_id, producer_id, content_digest FROM ${database}.rejected WHERE in_ledger)`;

/**
 * The batches of producers that have a number in more than one batch, on whatever days: of those with a batch in the range. What the days
 * are compared with rests on it that there are none.
 */
export async function findOverlaps(session: AuditSession, range: AuditRange): Promise<LedgerBatch[]> {
  const [size] = await session.ask<{ batches: string }>(`SELECT count() AS batches FROM ${database}.batch_ledger`);
  const buckets = Math.max(1, Math.ceil(Number(size?.batches) / AUDIT_BUCKET_ROWS));
  const producers: string[] = [];
  for (let bucket = 0; bucket < buckets && producers.length < AUDIT_SUSPECTS_MAX; bucket++) {
    const rows = await session.ask<{ producer: string }>(
      `SELECT lower(hex(producer_id)) AS producer FROM (
         SELECT producer_id, product, day, run.1 AS first, max(run.2) OVER (
           PARTITION BY producer_id ORDER BY run.1, run.2 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
         FROM ${database}.batch_ledger ARRAY JOIN ${ledgerRuns} AS run
         WHERE notEmpty(segment_id) AND ${notRejected} AND cityHash64(producer_id) % {buckets:UInt32} = {bucket:UInt32})
       GROUP BY producer_id
       HAVING countIf(first <= before) > 0
         AND countIf((empty({product:String}) OR product = {product:String}) AND day BETWEEN {from:Date} AND {to:Date}) > 0
       LIMIT ${AUDIT_SUSPECTS_MAX}`,
      { ...range, buckets, bucket },
    );
    producers.push(...rows.map(({ producer }) => producer));
  }
  return readBatches(session, producers);
}

/** Producers whose batches are read at once. */
const PRODUCERS_AT_ONCE = 500;

async function readBatches(session: AuditSession, producers: readonly string[]): Promise<LedgerBatch[]> {
  const batches: LedgerBatch[] = [];
  for (let index = 0; index < producers.length; index += PRODUCERS_AT_ONCE) {
    const rows = await session.ask<
      Record<'producer' | 'product' | 'digest' | 'segment' | 'collector' | 'us' | 'batch_day', string> & {
        runs: readonly (readonly [string, string])[];
      }
    >(
      `SELECT lower(hex(producer_id)) AS producer, product, ${ledgerRuns} AS runs, toString(content_digest) AS digest, segment_id AS segment,
         collector_id AS collector, toString(toUnixTimestamp64Micro(received_time)) AS us, toString(day) AS batch_day
       FROM ${database}.batch_ledger
       WHERE notEmpty(segment_id) AND ${notRejected} AND ${ofProducers(producers.slice(index, index + PRODUCERS_AT_ONCE))}
       ORDER BY producer_id, received_time, segment_id`,
    );
    batches.push(
      ...rows.map((row) => ({
        producerHex: row.producer,
        product: row.product,
        runs: row.runs.map(([first, last]) => [Number(first), Number(last)] as const),
        contentDigest: row.digest,
        segmentId: row.segment,
        collectorId: row.collector,
        receivedTimeUs: row.us,
        day: row.batch_day,
      })),
    );
  }
  return batches;
}
