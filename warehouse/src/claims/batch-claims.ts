import type { ClickHouseClient } from '@clickhouse/client';
import { database } from '../migrations/database.ts';

/** A batch by what makes it the same wherever it is sent: its producer, and the digest of the bytes that were sent. */
export interface BatchKey {
  /** 16 bytes in lower-case hexadecimal. */
  readonly producerHex: string;
  /** As in the ledger's `content_digest`. */
  readonly contentDigest: bigint;
}

/** A batch to be claimed. */
export interface BatchClaim extends BatchKey {
  /** Its numbers, as first and last of each run. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** What the warehouse knows of a batch that a collector has claimed. */
export interface ClaimState extends BatchKey {
  /** Loaded by this collector, in some table at least. */
  readonly isStoredByUs: boolean;
  /** Loaded by another collector, in some table at least; which that one completes. */
  readonly isStoredByOther: boolean;
  /** Another collector is about to load it. */
  readonly isClaimedByOther: boolean;
}

/** How far back events are searched for a batch that the ledger does not have: no client holds one longer than that. */
const searchDays = 32;

/**
 * Claims batches for a collector, or gives them up. An insert into one server is seen by every later query, so of two collectors that
 * claim the same batch and then look, at least one sees the other.
 *
 * @param segmentId of the segment that holds them
 * @param version grows with every call of this collector, over restarts too: microseconds since 1970 do
 */
export async function setClaims(
  client: ClickHouseClient,
  collectorId: string,
  segmentId: string,
  claims: readonly BatchClaim[],
  isActive: boolean,
  version: number,
): Promise<void> {
  if (claims.length === 0) return;
  await client.insert({
    table: `${database}.batch_claim`,
    format: 'JSONEachRow',
    values: claims.map((claim) => ({
      producer_hex: claim.producerHex,
      content_digest: String(claim.contentDigest),
      collector_id: collectorId,
      segment_id: segmentId,
      ranges: claim.ranges,
      is_active: isActive ? 1 : 0,
      version: String(version),
    })),
  });
}

/** Gives up all claims of a collector but those of some segments: what an earlier life has left behind. */
export async function dropStaleClaims(
  client: ClickHouseClient,
  collectorId: string,
  heldSegmentIds: readonly string[],
  version: number,
): Promise<void> {
  await client.command({
    query: `
      INSERT INTO ${database}.batch_claim
      SELECT producer_hex, content_digest, {id:String}, argMax(segment_id, version), [], 0, {version:UInt64}
      FROM ${database}.batch_claim WHERE collector_id = {id:String}
      GROUP BY producer_hex, content_digest
      HAVING argMax(is_active, version) = 1 AND NOT has({held:Array(String)}, argMax(segment_id, version))`,
    query_params: { id: collectorId, held: heldSegmentIds, version: String(version) },
  });
}

const ownClaims = `
  SELECT producer_hex, content_digest, argMax(ranges, version) AS ranges FROM ${database}.batch_claim
  WHERE collector_id = {id:String}
  GROUP BY producer_hex, content_digest
  HAVING argMax(is_active, version) = 1 AND argMax(segment_id, version) = {segment:String}`;
const ownProducers = `SELECT toFixedString(unhex(producer_hex), 16) FROM (${ownClaims})`;

/** Batches of the claims whose numbers stand in a table that has no digest. */
function presentIn(table: string, number: string): string {
  return `
    SELECT own.producer_hex AS producer_hex, own.content_digest AS content_digest, found.collector_id AS collector_id
    FROM (
      SELECT lower(hex(producer_id)) AS producer_hex, ${number} AS number, collector_id FROM ${database}.${table}
      WHERE producer_id IN (${ownProducers}) AND received_time > now() - INTERVAL ${searchDays} DAY
    ) AS found
    INNER JOIN (${ownClaims}) AS own ON own.producer_hex = found.producer_hex
    WHERE arrayExists(range -> found.number BETWEEN range.1 AND range.2, own.ranges)`;
}

/**
 * What the warehouse knows of the batches of a segment that this collector claims. The tables of one load are written one after the
 * other, the events first, the ledger late: so a batch counts as stored when any table has it.
 */
export async function readClaims(
  client: ClickHouseClient,
  collectorId: string,
  segmentId: string,
): Promise<ClaimState[]> {
  const result = await client.query({
    query: `
      SELECT own.producer_hex AS producer, toString(own.content_digest) AS digest, present.ours AS ours,
        present.others AS others, rival.claims AS rivals
      FROM (${ownClaims}) AS own
      LEFT JOIN (
        SELECT producer_hex, content_digest, max(collector_id = {id:String}) AS ours, max(collector_id != {id:String}) AS others
        FROM (
          SELECT lower(hex(producer_id)) AS producer_hex, content_digest, collector_id FROM ${database}.batch_ledger
          WHERE producer_id IN (${ownProducers})
          UNION ALL ${presentIn('events', 'seq')}
          UNION ALL ${presentIn('dropped', 'first_seq')}
        )
        GROUP BY producer_hex, content_digest
      ) AS present USING (producer_hex, content_digest)
      LEFT JOIN (
        SELECT producer_hex, content_digest, toUInt8(count() > 0) AS claims FROM (
          SELECT producer_hex, content_digest, collector_id FROM ${database}.batch_claim WHERE collector_id != {id:String}
          GROUP BY producer_hex, content_digest, collector_id HAVING argMax(is_active, version) = 1
        ) GROUP BY producer_hex, content_digest
      ) AS rival USING (producer_hex, content_digest)`,
    query_params: { id: collectorId, segment: segmentId },
    format: 'JSONEachRow',
  });
  const rows = await result.json<{ producer: string; digest: string; ours: number; others: number; rivals: number }>();
  return rows.map((row) => ({
    producerHex: row.producer,
    contentDigest: BigInt(row.digest),
    isStoredByUs: row.ours === 1,
    isStoredByOther: row.others === 1,
    isClaimedByOther: row.rivals === 1,
  }));
}
