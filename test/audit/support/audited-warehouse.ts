import { createHash, randomBytes } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import {
  type AuditOptions,
  type AuditOutcome,
  announceSegment,
  auditAndRepair,
  LedgerRowEncoder,
  recordSegmentLoad,
} from '@telemetry/warehouse';
import { batchBytes, load, segmentOf } from '../../warehouse-schema/support/segment.ts';

const MS_PER_DAY = 86_400_000;
const features = ['open', 'save', 'print'];

/** A batch as a collector would have it in its spool. */
export interface MadeBatch {
  readonly producerHex: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly events: number;
  readonly dropped: number;
  readonly bytes: Uint8Array;
  readonly receivedTimeUs: number;
  readonly product: string;
}

export interface BatchPlan {
  readonly producerHex?: string;
  readonly product?: string;
  readonly firstSeq?: number;
  readonly events?: number;
  /** Numbers declared as dropped, after those of the events. */
  readonly dropped?: number;
  readonly receivedDaysAgo?: number;
  readonly happenedDaysAgo?: number;
  readonly user?: string;
  readonly diagnostic?: boolean;
}

let received = Date.now() * 1000;

/** Makes a batch. Each has a receive time of its own. */
export function makeBatch(plan: BatchPlan = {}): MadeBatch {
  const { product = 'editor', firstSeq = 1, events = 5, dropped = 0, receivedDaysAgo = 0, user = 'u-1' } = plan;
  const producerHex = plan.producerHex ?? randomBytes(16).toString('hex');
  const receivedTimeUs = received++ - receivedDaysAgo * MS_PER_DAY * 1000;
  const happenedMs = Date.now() - (plan.happenedDaysAgo ?? receivedDaysAgo) * MS_PER_DAY;
  const lastEvent = firstSeq + events - 1;
  const bytes = batchBytes({
    producerId: Buffer.from(producerHex, 'hex'),
    receivedTimeUnixUs: BigInt(receivedTimeUs),
    core: { product: { name: product, version: '1.0' }, user: { id: user } },
    events: Array.from({ length: events }, (_, index) => ({
      seq: BigInt(firstSeq + index),
      timeUnixUs: BigInt(happenedMs) * 1000n,
      name: 'feature.used',
      tier: plan.diagnostic === true ? (2 as const) : (1 as const),
      data: { case: 'featureUse' as const, value: { feature: features[index % features.length] ?? '' } },
    })),
    dropped:
      dropped === 0
        ? []
        : [{ firstSeq: BigInt(lastEvent + 1), lastSeq: BigInt(lastEvent + dropped), reason: 2 as const }],
  });
  return { producerHex, firstSeq, lastSeq: lastEvent + dropped, events, dropped, bytes, receivedTimeUs, product };
}

/** Announces a segment, as a collector does. */
export async function announce(
  client: ClickHouseClient,
  segmentId: string,
  batches: readonly MadeBatch[],
  collectorId = 'c1',
): Promise<void> {
  const encoder = new LedgerRowEncoder(collectorId, segmentId);
  for (const batch of batches) {
    encoder.add({
      producerId: Buffer.from(batch.producerHex, 'hex'),
      ranges: [batch.firstSeq, batch.lastSeq],
      eventCount: batch.events,
      contentDigest: createHash('sha1').update(batch.bytes).digest().subarray(0, 8),
      receivedTimeUs: batch.receivedTimeUs,
      product: Buffer.from(batch.product),
    });
  }
  const { signal } = new AbortController();
  await announceSegment(client, { segmentId, rows: encoder.bytes, timeoutMs: 30_000, signal });
}

/** Says that a segment is loaded. */
export async function finish(
  client: ClickHouseClient,
  segmentId: string,
  batches: readonly MadeBatch[],
): Promise<void> {
  const eventCount = batches.reduce((sum, { events }) => sum + events, 0);
  const done = { segmentId, collectorId: 'c1', batchCount: batches.length, eventCount };
  await recordSegmentLoad(client, done, new AbortController().signal);
}

/** Loads a segment in the three steps of a collector. */
export async function loadSegment(
  client: ClickHouseClient,
  segmentId: string,
  batches: readonly MadeBatch[],
  collectorId = 'c1',
): Promise<void> {
  await announce(client, segmentId, batches, collectorId);
  await load(client, segmentId, segmentOf(batches.map(({ bytes }) => bytes)));
  await finish(client, segmentId, batches);
}

/** Audits. */
export function runAudit(client: ClickHouseClient, options: Partial<AuditOptions> = {}): Promise<AuditOutcome> {
  const { signal } = new AbortController();
  return auditAndRepair(client, { repair: false, doneBy: 'test', onProgress: () => {}, signal, ...options });
}

/** Kinds of what was found, sorted. */
export function kindsOf({ findings }: AuditOutcome['found']): string[] {
  return [...new Set(findings.map(({ kind }) => kind))].sort();
}

/** A digest of each table that does not depend on the order of rows, nor on how rollups are merged. */
export async function digestOf(client: ClickHouseClient): Promise<unknown> {
  const query = `SELECT
    (SELECT (count(), toString(sum(cityHash64(*)))) FROM telemetry.events) AS events,
    (SELECT (count(), toString(sum(cityHash64(producer_id, first_seq, last_seq)))) FROM telemetry.dropped) AS dropped,
    (SELECT (count(), toString(sum(cityHash64(producer_id, first_seq, last_seq, event_count, dropped_count)))) FROM telemetry.batch_ledger) AS ledger,
    (SELECT toString(sum(cityHash64(product, name, day, tier_code, product_version, n))) FROM (SELECT product, name, day, tier_code,
      product_version, sum(events) AS n FROM telemetry.event_day GROUP BY ALL)) AS event_day,
    (SELECT toString(sum(cityHash64(product, feature, day, n, u, s))) FROM (SELECT product, feature, day, sum(events) AS n, sum(uses) AS u,
      uniqExactMerge(users) AS s FROM telemetry.feature_day GROUP BY ALL)) AS feature_day`;
  const result = await client.query({ query, format: 'JSONEachRow' });
  return (await result.json())[0];
}
