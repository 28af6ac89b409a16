import { database } from '../migrations/database.ts';
import type { AuditSession } from './audit-session.ts';
import type { ProductDay } from './read-days.ts';
import { rollupRecounts } from './rollup-recount.ts';

/** Rows of the ledger's parts when a comparison runs, by which one sees whether a load was announced in between. */
const ledgerRows = `(SELECT sum(rows) FROM system.parts WHERE database = '${database}' AND table = 'batch_ledger' AND active)`;

/** Differences of one product and day that are told. */
const ROWS_MAX = 100;

/** Rows in which a rollup and the recount differ. */
export interface RollupDifference {
  /** For people. */
  readonly name: string;
  /** By how much the rollup counts too many; negative when too few. 0 when only the users differ. */
  readonly surplus: number;
  /** Tier of the events; undefined where the rollup does not tell. */
  readonly tierCode: number | undefined;
}

/** What a comparison found. */
export interface RollupComparison {
  readonly differences: readonly RollupDifference[];
  /** Rows in the ledger when it was made; undefined when nothing differs. */
  readonly ledgerRows: string | undefined;
}

/** Compares the counts of events by name and all other keys with a recount of the raw events. */
export async function compareEventDay(session: AuditSession, { day, product }: ProductDay): Promise<RollupComparison> {
  const rows = await session.ask<
    Record<'name' | 'product_version' | 'rolled' | 'counted' | 'ledger', string> & {
      audience_code: number;
      tier_code: number;
    }
  >(
    `SELECT name, audience_code, tier_code, product_version, sumIf(n, is_rollup) AS rolled, sumIf(n, NOT is_rollup) AS counted,
       ${ledgerRows} AS ledger
     FROM (
       SELECT name, audience_code, tier_code, product_version, sum(events) AS n, true AS is_rollup FROM ${database}.event_day
       WHERE day = {day:Date} AND product = {product:String} GROUP BY name, audience_code, tier_code, product_version
       UNION ALL
       SELECT name, audience_code, tier_code, product_version, events, false FROM (${rollupRecounts.event_day}))
     GROUP BY name, audience_code, tier_code, product_version HAVING rolled != counted
     ORDER BY name, audience_code, tier_code, product_version LIMIT ${ROWS_MAX}`,
    { day, product },
  );
  const differences = rows.map(({ name, tier_code, product_version, rolled, counted }) => ({
    name: `${name} of version "${product_version}": ${rolled} in the rollup, ${counted} raw`,
    surplus: Number(rolled) - Number(counted),
    tierCode: tier_code,
  }));
  return { differences, ledgerRows: rows[0]?.ledger };
}

/** Compares events, uses and the set of users of each feature with a recount of the raw events: two sets are the same if both are as large as their union. */
export async function compareFeatureDay(
  session: AuditSession,
  { day, product }: ProductDay,
): Promise<RollupComparison> {
  const rows = await session.ask<
    Record<
      | 'feature'
      | 'rolled'
      | 'counted'
      | 'rolled_uses'
      | 'counted_uses'
      | 'rolled_users'
      | 'counted_users'
      | 'all_users'
      | 'ledger',
      string
    >
  >(
    `SELECT feature, sumIf(n, is_rollup) AS rolled, sumIf(n, NOT is_rollup) AS counted, sumIf(u, is_rollup) AS rolled_uses,
       sumIf(u, NOT is_rollup) AS counted_uses, uniqExactMergeIf(s, is_rollup) AS rolled_users,
       uniqExactMergeIf(s, NOT is_rollup) AS counted_users, uniqExactMerge(s) AS all_users, ${ledgerRows} AS ledger
     FROM (
       SELECT feature, sum(events) AS n, sum(uses) AS u, uniqExactMergeState(users) AS s, true AS is_rollup FROM ${database}.feature_day
       WHERE day = {day:Date} AND product = {product:String} GROUP BY feature
       UNION ALL
       SELECT feature, events, uses, users, false FROM (${rollupRecounts.feature_day}))
     GROUP BY feature
     HAVING rolled != counted OR rolled_uses != counted_uses OR rolled_users != all_users OR counted_users != all_users
     ORDER BY feature LIMIT ${ROWS_MAX}`,
    { day, product },
  );
  const differences = rows.map((row) => ({
    name:
      `${row.feature}: ${row.rolled} events, ${row.rolled_uses} uses, ${row.rolled_users} users in the rollup, ` +
      `${row.counted}, ${row.counted_uses}, ${row.counted_users} raw, ${row.all_users} users together`,
    surplus: Number(row.rolled) - Number(row.counted),
    tierCode: undefined,
  }));
  return { differences, ledgerRows: rows[0]?.ledger };
}

/** Rows in the ledger now, see `RollupComparison`. */
export async function countLedgerRows(session: AuditSession): Promise<string | undefined> {
  const [row] = await session.ask<{ ledger: string }>(`SELECT ${ledgerRows} AS ledger`);
  return row?.ledger;
}

/** Codes of the tiers that events of a day and product have, by the rollup and the raw events. */
export async function readTiers(session: AuditSession, { day, product }: ProductDay): Promise<number[]> {
  const rows = await session.ask<{ tier_code: number }>(
    `SELECT DISTINCT tier_code FROM ${database}.event_day WHERE day = {day:Date} AND product = {product:String}
     UNION DISTINCT SELECT DISTINCT tier_code FROM (${rollupRecounts.event_day})`,
    { day, product },
  );
  return rows.map(({ tier_code }) => tier_code);
}
