import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { TableRows } from './expected-rows.ts';
import { QUERY_TIMEOUT_MS } from './limits.ts';

const producer = 'lower(hex(producer_id))';
const eventDayKey = 'name, day, audience_code, tier_code, product_version';

/** A rollup's rows of a product, and a count of the same from the events. */
const rollups = {
  event_day: {
    stored: `SELECT ${eventDayKey}, sum(events) FROM telemetry.event_day WHERE product = {product:String} GROUP BY ${eventDayKey}`,
    recounted: `SELECT name, toDate(time) AS day, audience_code, tier_code, product_version, count()
      FROM telemetry.events WHERE product = {product:String} GROUP BY ${eventDayKey}`,
  },
  feature_day: {
    stored: `SELECT feature, day, sum(events), sum(uses), uniqExactMerge(users)
      FROM telemetry.feature_day WHERE product = {product:String} GROUP BY feature, day`,
    recounted: `SELECT feature, toDate(time) AS day, count(), sum(greatest(use_count, 1)), uniqExactIf(user_id, user_id != '')
      FROM telemetry.events WHERE product = {product:String} AND kind = 'feature_use' GROUP BY feature, day`,
  },
} as const;

/** Names of the rollups. */
export const rollupNames = Object.keys(rollups) as (keyof typeof rollups)[];

/** Rows of each product in all tables together: after a round they change no more. */
const productTotals = `SELECT product, sum(events), sum(batches), sum(ranges), sum(counted), sum(used) FROM (
  SELECT product, count() AS events, 0 AS batches, 0 AS ranges, 0 AS counted, 0 AS used FROM telemetry.events GROUP BY product
  UNION ALL SELECT product, 0, count(), 0, 0, 0 FROM telemetry.batch_ledger GROUP BY product
  UNION ALL SELECT product, 0, 0, count(), 0, 0 FROM telemetry.dropped GROUP BY product
  UNION ALL SELECT product, 0, 0, 0, sum(event_day.events), 0 FROM telemetry.event_day GROUP BY product
  UNION ALL SELECT product, 0, 0, 0, 0, sum(feature_day.events) FROM telemetry.feature_day GROUP BY product
) GROUP BY product`;

/** Reads what the campaign checks, every row as text with its columns joined by `|`. */
export class WarehouseReader {
  readonly #client: ClickHouseClient;

  constructor(url: string) {
    this.#client = createClient({ url, request_timeout: QUERY_TIMEOUT_MS, log: { level: ClickHouseLogLevel.OFF } });
  }

  /** What the tables hold of a product. */
  async tableRows(product: string): Promise<TableRows> {
    const from = (columns: string, table: string) =>
      this.#rows(`SELECT ${producer}, ${columns} FROM telemetry.${table} WHERE product = {product:String}`, product);
    return {
      events: await from('seq, name, feature, use_count, toUnixTimestamp64Micro(time), user_id', 'events'),
      batch_ledger: await from('first_seq, last_seq, event_count, dropped_count', 'batch_ledger'),
      dropped: await from('first_seq, last_seq, reason_code', 'dropped'),
    };
  }

  /** Events of a product, and how many different keys they have. */
  async eventCounts(product: string): Promise<{ rows: number; keys: number }> {
    const sql = 'SELECT count(), uniqExact(producer_id, seq) FROM telemetry.events WHERE product = {product:String}';
    const [rows, keys] = ((await this.#rows(sql, product))[0] ?? '').split('|').map(Number);
    return { rows: rows ?? Number.NaN, keys: keys ?? Number.NaN };
  }

  /** A rollup's rows of a product, and the same counted from the events. */
  async rollup(name: keyof typeof rollups, product: string): Promise<{ stored: string[]; recounted: string[] }> {
    const { stored, recounted } = rollups[name];
    return { stored: await this.#rows(stored, product), recounted: await this.#rows(recounted, product) };
  }

  /** Totals by product, for the products of earlier rounds. */
  async totals(): Promise<Map<string, string>> {
    const rows = await this.#rows(productTotals, '');
    return new Map(rows.map((row) => [row.slice(0, row.indexOf('|')), row.slice(row.indexOf('|') + 1)]));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #rows(query: string, product: string): Promise<string[]> {
    const result = await this.#client.query({ query, query_params: { product }, format: 'JSONCompactEachRow' });
    return (await result.json<unknown[]>()).map((row) => row.map(String).join('|'));
  }
}
