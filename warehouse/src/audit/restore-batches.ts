import { TupleParam } from '@clickhouse/client';
import { AUDIT_BOOKS_AT_ONCE, REPAIR_ROWS_AT_ONCE } from '../limits.ts';
import { database } from '../migrations/database.ts';
import type { AuditSession } from './audit-session.ts';
import type { BookFinding } from './judge-books.ts';
import { commonRuns, countRuns, joinRuns, type NumberRuns } from './number-runs.ts';
import { ofProducers } from './read-books.ts';
import type { RepairDesk } from './repair-desk.ts';

/** Numbers of a producer that came in together, so in one batch. */
interface Arrival {
  readonly producerHex: string;
  readonly collectorId: string;
  readonly receivedTimeUs: string;
  readonly stored: NumberRuns;
  readonly declared: NumberRuns;
}

/**
 * Writes batches into the ledger that raw events or drops are left of: without them, a batch that is sent again would be taken as new. What they
 * held is not known any more, so their digest is 0, and their segment is named after the audit.
 *
 * @returns how many changes were made
 */
export async function restoreBatches(desk: RepairDesk, findings: readonly BookFinding[]): Promise<number> {
  let changes = 0;
  for (const group of Map.groupBy(findings, ({ day, product }) => `${day} ${product}`).values()) {
    const { day, product } = group[0] as BookFinding;
    for (let index = 0; index < group.length; index += AUDIT_BOOKS_AT_ONCE) {
      const some = group.slice(index, index + AUDIT_BOOKS_AT_ONCE);
      const arrivals = await readArrivals(desk.session, day, product, some);
      for (let row = 0; row < arrivals.length; row += REPAIR_ROWS_AT_ONCE) {
        const chunk = arrivals.slice(row, row + REPAIR_ROWS_AT_ONCE);
        const segmentId = `audit-${desk.auditId}-${day}-${++changes}`;
        await desk.make({ action: 'restore batches', day, product, rows: chunk.length }, () =>
          writeBatches(desk.session, segmentId, day, product, chunk),
        );
      }
    }
  }
  return changes;
}

async function writeBatches(
  session: AuditSession,
  segmentId: string,
  day: string,
  product: string,
  arrivals: readonly Arrival[],
): Promise<void> {
  const rows = arrivals.map(({ producerHex, collectorId, receivedTimeUs, stored, declared }) => {
    const runs = joinRuns([...stored, ...declared]);
    const ranges = runs.length > 1 ? runs.map((run) => new TupleParam([...run])) : [];
    const [first, last] = [runs[0]?.[0], runs.at(-1)?.[1]];
    const counts = [countRuns(stored), countRuns(declared)];
    return new TupleParam([producerHex, first, last, ...counts, ranges, BigInt(receivedTimeUs), collectorId]);
  });
  const events = arrivals.reduce((sum, { stored }) => sum + countRuns(stored), 0);
  // Before the batches: a load that is announced and not done would be waited for.
  await session.change(
    `INSERT INTO ${database}.segment_load (segment_id, collector_id, batch_count, event_count)
     SELECT {segment:String}, 'audit', {batches:UInt64}, {events:UInt64}`,
    { segment: segmentId, batches: arrivals.length, events },
  );
  await session.change(
    `INSERT INTO ${database}.batch_ledger
       (producer_id, first_seq, last_seq, event_count, dropped_count, ranges, content_digest, received_time, collector_id, segment_id, product, day)
     SETTINGS insert_deduplicate = 0
     SELECT toFixedString(unhex(row.1), 16), row.2, row.3, row.4, row.5, row.6, 0, fromUnixTimestamp64Micro(row.7, 'UTC'), row.8,
       {segment:String}, {product:String}, {day:Date}
     FROM (SELECT arrayJoin({rows:Array(Tuple(String, UInt64, UInt64, UInt32, UInt64, Array(Tuple(UInt64, UInt64)), Int64, String))}) AS row)`,
    { segment: segmentId, product, day, rows },
  );
}

interface ArrivalRow {
  readonly producer: string;
  readonly collector: string;
  readonly us: string;
  readonly first: string;
  readonly last: string;
  readonly is_stored: number;
}

async function readArrivals(
  session: AuditSession,
  day: string,
  product: string,
  findings: readonly BookFinding[],
): Promise<Arrival[]> {
  const unknown = new Map(findings.map(({ producerHex, runs }) => [producerHex, runs]));
  const condition = `toDate(received_time) = {day:Date} AND product = {product:String} AND ${ofProducers([...unknown.keys()])}`;
  const rows = await session.ask<ArrivalRow>(
    `SELECT lower(hex(producer_id)) AS producer, collector_id AS collector, toString(toUnixTimestamp64Micro(received_time)) AS us,
       min(seq) AS first, max(seq) AS last, 1 AS is_stored
     FROM (SELECT DISTINCT producer_id, collector_id, received_time, seq,
         seq - dense_rank() OVER (PARTITION BY producer_id, collector_id, received_time ORDER BY seq) AS island
       FROM ${database}.events WHERE ${condition})
     GROUP BY producer_id, collector_id, received_time, island
     UNION ALL
     SELECT lower(hex(producer_id)), collector_id, toString(toUnixTimestamp64Micro(received_time)), first_seq, last_seq, 0
     FROM ${database}.dropped WHERE ${condition}`,
    { day, product },
  );
  return [...Map.groupBy(rows, ({ producer, collector, us }) => `${producer} ${collector} ${us}`).values()].flatMap(
    (group) => {
      const { producer, collector, us } = group[0] as ArrivalRow;
      const ofKind = (isStored: boolean) =>
        commonRuns(
          joinRuns(
            group
              .filter(({ is_stored }) => (is_stored === 1) === isStored)
              .map(({ first, last }) => [Number(first), Number(last)] as const),
          ),
          unknown.get(producer) ?? [],
        );
      const [stored, declared] = [ofKind(true), ofKind(false)];
      if (stored.length === 0 && declared.length === 0) return [];
      return [{ producerHex: producer, collectorId: collector, receivedTimeUs: us, stored, declared }];
    },
  );
}
