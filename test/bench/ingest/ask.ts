import type { ClickHouseClient } from '@clickhouse/client';

/** The rows of an answer. */
export async function askRows<Row>(client: ClickHouseClient, query: string): Promise<Row[]> {
  const result = await client.query({ query, format: 'JSONEachRow' });
  return result.json<Row>();
}

/** The only number of an answer. */
export async function askNumber(client: ClickHouseClient, query: string): Promise<number> {
  const result = await client.query({ query, format: 'TabSeparated' });
  return Number((await result.text()).trim());
}
