import { database } from '../migrations/database.ts';
import type { AuditRange } from './audit-filter.ts';
import type { AuditSession } from './audit-session.ts';
import { FIRST_RECEIVE_DAY, type ProductHistory, WholeDays } from './whole-days.ts';

/** A day and a product of which there is something. */
export interface ProductDay {
  readonly day: string;
  readonly product: string;
}

/** A day of receiving. */
export interface ReceivedDay extends ProductDay {
  /** Rows of the ledger from before it announced loads; they do not say enough to be compared. */
  readonly oldBatches: number;
  readonly events: number;
}

const inRange = '(empty({product:String}) OR product = {product:String}) AND day BETWEEN {from:Date} AND {to:Date}';

/** Days on which something was received, by the ledger, the raw events or the drops. */
export async function readReceivedDays(session: AuditSession, range: AuditRange): Promise<ReceivedDay[]> {
  const rows = await session.ask<{ day: string; product: string; old: string; raw: string }>(
    `SELECT toString(day) AS day, product, sum(old) AS old, sum(raw) AS raw FROM (
       SELECT day, product, countIf(empty(segment_id)) AS old, 0 AS raw FROM ${database}.batch_ledger WHERE ${inRange} GROUP BY day, product
       UNION ALL
       SELECT toDate(received_time) AS day, product, 0, count() FROM ${database}.events WHERE ${inRange} GROUP BY day, product
       UNION ALL
       SELECT toDate(received_time) AS day, product, 0, 0 FROM ${database}.dropped WHERE ${inRange} GROUP BY day, product
     ) GROUP BY day, product ORDER BY day, product`,
    { ...range },
  );
  return rows.map(({ day, product, old, raw }) => ({ day, product, oldBatches: Number(old), events: Number(raw) }));
}

/** Days on which events happened, by the rollups or the raw events. */
export async function readEventDays(session: AuditSession, range: AuditRange): Promise<ProductDay[]> {
  return session.ask<ProductDay>(
    `SELECT toString(day) AS day, product FROM (
       SELECT day, product FROM ${database}.event_day WHERE ${inRange} GROUP BY day, product
       UNION ALL SELECT day, product FROM ${database}.feature_day WHERE ${inRange} GROUP BY day, product
       UNION ALL SELECT toDate(time) AS day, product FROM ${database}.events WHERE ${inRange} GROUP BY day, product
     ) GROUP BY day, product ORDER BY day, product`,
    { ...range },
  );
}

/** Reads what tells which days are whole. */
export async function readWholeDays(session: AuditSession): Promise<WholeDays> {
  const [now] = await session.ask<{ today: string }>("SELECT toString(toDate(now('UTC'))) AS today");
  const firsts = await session.ask<{ product: string; first_day: string }>(
    `SELECT product, toString(min(day)) AS first_day FROM ${database}.batch_ledger WHERE day >= {first:Date} GROUP BY product`,
    { first: FIRST_RECEIVE_DAY },
  );
  const diagnostics = await session.ask<{ product: string }>(
    `SELECT DISTINCT product FROM ${database}.event_day WHERE tier_code = 2
     UNION DISTINCT SELECT DISTINCT product FROM ${database}.events WHERE retention = 'diagnostic'`,
  );
  const withDiagnostics = new Set(diagnostics.map(({ product }) => product));
  const products = new Map<string, ProductHistory>(
    firsts.map(({ product, first_day }) => [
      product,
      { firstDay: first_day, hasDiagnostics: withDiagnostics.has(product) },
    ]),
  );
  for (const product of withDiagnostics) {
    if (!products.has(product)) products.set(product, { firstDay: now?.today ?? '', hasDiagnostics: true });
  }
  return new WholeDays(now?.today ?? '', products);
}
