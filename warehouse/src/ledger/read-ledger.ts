import type { ClickHouseClient } from '@clickhouse/client';
import { database } from '../migrations/database.ts';

/**
 * Whether a segment is in the ledger, so that its load was begun. It is written in one insert, so any of its producers answers for all.
 *
 * @param producersHex some producers of the segment, 16 bytes each in hexadecimal, by which its rows are found
 */
export async function isSegmentAnnounced(
  client: ClickHouseClient,
  segmentId: string,
  producersHex: readonly string[],
): Promise<boolean> {
  const result = await client.query({
    query: `SELECT count() AS batches FROM ${database}.batch_ledger
      WHERE producer_id IN (SELECT toFixedString(unhex(arrayJoin({producers:Array(String)})), 16)) AND segment_id = {segment:String}`,
    query_params: { producers: producersHex, segment: segmentId },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ batches: string | number }>();
  return Number(row?.batches) > 0;
}

/**
 * Digests of the batches in the ledger that begin with a number of a producer: as a rule one, of the batch that was taken.
 *
 * @param producerHex 16 bytes in hexadecimal
 */
export async function ledgerDigests(
  client: ClickHouseClient,
  producerHex: string,
  firstSeq: number,
  signal: AbortSignal,
): Promise<bigint[]> {
  const result = await client.query({
    query: `SELECT toString(content_digest) AS digest FROM ${database}.batch_ledger
      WHERE producer_id = toFixedString(unhex({producer:String}), 16) AND first_seq = {first:UInt64} LIMIT 100`,
    query_params: { producer: producerHex, first: firstSeq },
    format: 'JSONEachRow',
    abort_signal: signal,
  });
  const rows = await result.json<{ digest: string }>();
  return rows.map(({ digest }) => BigInt(digest));
}
