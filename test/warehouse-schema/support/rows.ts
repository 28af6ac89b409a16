import type { ClickHouseClient } from '@clickhouse/client';

/** The rows of a query; 64-bit numbers are text. */
export async function rows(client: ClickHouseClient, query: string): Promise<Record<string, unknown>[]> {
  const result = await client.query({ query, format: 'JSONEachRow' });
  return await result.json();
}
