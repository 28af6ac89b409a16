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

/** What the warehouse knows of a batch that a collector has claimed for a segment. */
export interface ClaimState extends BatchKey {
  /** Announced in the ledger for another segment, of whichever collector, which completes its load. */
  readonly isStored: boolean;
  /** The ledger has some of its numbers in a batch with other content. */
  readonly isConflicting: boolean;
  /** Another collector is about to load it. */
  readonly isClaimedByOther: boolean;
}

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

/** Of batches of the same producers in other segments: those that are the same, and those that share a number. */
const inLedger = `
  SELECT own.producer_hex AS producer_hex, own.content_digest AS content_digest,
    max(found.digest = own.content_digest) AS stored,
    max(found.digest != own.content_digest AND arrayExists(run -> arrayExists(range ->
      run.1 <= range.2 AND run.2 >= range.1, own.ranges), found.runs)) AS conflicting
  FROM (
    SELECT lower(hex(producer_id)) AS producer_hex, content_digest AS digest, if(empty(ranges), [(first_seq, last_seq)], ranges) AS runs
    FROM ${database}.batch_ledger
    WHERE producer_id IN (SELECT toFixedString(unhex(producer_hex), 16) FROM (${ownClaims})) AND segment_id != {segment:String}
  ) AS found
  INNER JOIN (${ownClaims}) AS own ON own.producer_hex = found.producer_hex
  GROUP BY producer_hex, content_digest`;

const ofRivals = `
  SELECT producer_hex, content_digest, toUInt8(count() > 0) AS claims FROM (
    SELECT producer_hex, content_digest, collector_id FROM ${database}.batch_claim WHERE collector_id != {id:String}
    GROUP BY producer_hex, content_digest, collector_id HAVING argMax(is_active, version) = 1
  ) GROUP BY producer_hex, content_digest`;

/** What the warehouse knows of the batches of a segment that this collector claims. The ledger is written before anything else of a load. */
export async function readClaims(
  client: ClickHouseClient,
  collectorId: string,
  segmentId: string,
): Promise<ClaimState[]> {
  const result = await client.query({
    query: `
      SELECT own.producer_hex AS producer, toString(own.content_digest) AS digest, present.stored AS stored,
        present.conflicting AS conflicting, rival.claims AS rivals
      FROM (${ownClaims}) AS own
      LEFT JOIN (${inLedger}) AS present USING (producer_hex, content_digest)
      LEFT JOIN (${ofRivals}) AS rival USING (producer_hex, content_digest)`,
    query_params: { id: collectorId, segment: segmentId },
    format: 'JSONEachRow',
  });
  const rows = await result.json<{
    producer: string;
    digest: string;
    stored: number;
    conflicting: number;
    rivals: number;
  }>();
  return rows.map((row) => ({
    producerHex: row.producer,
    contentDigest: BigInt(row.digest),
    isStored: row.stored === 1,
    isConflicting: row.conflicting === 1,
    isClaimedByOther: row.rivals === 1,
  }));
}
