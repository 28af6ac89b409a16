import { AUDIT_PENDING_DAYS } from '../limits.ts';
import { database } from '../migrations/database.ts';
import type { AuditSession } from './audit-session.ts';
import type { PendingSegment } from './finding.ts';

/** Days of receiving, both included. */
export interface DaySpan {
  readonly from: string;
  readonly to: string;
}

/** Loads that were announced and are not done, of batches received on some days. */
export async function readPending(session: AuditSession, { from, to }: DaySpan): Promise<PendingSegment[]> {
  const announced = `SELECT segment_id FROM ${database}.batch_ledger WHERE day BETWEEN {from:Date} AND {to:Date} GROUP BY segment_id`;
  const rows = await session.ask<{
    segment: string;
    collector: string;
    products: string[];
    batches: string;
    events: string;
    age_ms: string;
    first_day: string;
  }>(
    `SELECT segment_id AS segment, any(collector_id) AS collector, groupUniqArray(100)(product) AS products, count() AS batches,
       sum(event_count) AS events, toString(min(day)) AS first_day,
       greatest(0, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(toDateTime64(min(received_time), 3))) AS age_ms
     FROM ${database}.batch_ledger
     WHERE day BETWEEN {from:Date} AND {to:Date} AND notEmpty(segment_id)
       AND segment_id NOT IN (SELECT segment_id FROM ${database}.segment_load WHERE segment_id IN (${announced}))
     GROUP BY segment_id ORDER BY age_ms DESC, segment`,
    { from, to },
  );
  return rows.map((row) => ({
    segmentId: row.segment,
    collectorId: row.collector,
    products: row.products.toSorted(),
    batches: Number(row.batches),
    events: Number(row.events),
    ageMs: Number(row.age_ms),
    day: row.first_day,
  }));
}

/** Loads that are announced and not done now, of whatever is likely to be loaded now. */
export async function readRunningLoads(session: AuditSession): Promise<PendingSegment[]> {
  const [span] = await session.ask<DaySpan>(
    "SELECT toString(toDate(now('UTC')) - {days:UInt16}) AS from, toString(toDate(now('UTC')) + 1) AS to",
    { days: AUDIT_PENDING_DAYS },
  );
  return span === undefined ? [] : readPending(session, span);
}
