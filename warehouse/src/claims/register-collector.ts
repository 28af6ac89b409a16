import type { ClickHouseClient } from '@clickhouse/client';
import { database } from '../migrations/database.ts';

/** Makes a collector known to the others. To be called before its first load; again does no harm. */
export async function registerCollector(client: ClickHouseClient, collectorId: string): Promise<void> {
  const known = await countCollectors(client, 'collector_id = {id:String}', collectorId);
  if (known > 0) return;
  await client.command({
    query: `INSERT INTO ${database}.collector SELECT {id:String}, now64(6, 'UTC')`,
    query_params: { id: collectorId },
  });
}

/** Whether no other collector has ever registered. */
export async function isOnlyCollector(client: ClickHouseClient, collectorId: string): Promise<boolean> {
  return (await countCollectors(client, 'collector_id != {id:String}', collectorId)) === 0;
}

async function countCollectors(client: ClickHouseClient, condition: string, collectorId: string): Promise<number> {
  const result = await client.query({
    query: `SELECT count() AS collectors FROM ${database}.collector WHERE ${condition}`,
    query_params: { id: collectorId },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ collectors: string | number }>();
  return Number(row?.collectors);
}
