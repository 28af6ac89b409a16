import type { ClickHouseClient } from '@clickhouse/client';
import { database } from '../migrations/database.ts';

/** A lease that stands. */
export interface StandingLease {
  readonly leaseId: string;
  readonly heldBy: string;
  readonly purpose: string;
  /** Until it ends if it is not renewed. */
  readonly remainingMs: number;
}

/** The leases that stand now, the oldest first. No load may begin while there is one. */
export async function readStandingLeases(client: ClickHouseClient, signal?: AbortSignal): Promise<StandingLease[]> {
  const result = await client.query({
    query: `SELECT lease_id, any(held_by) AS held, any(purpose) AS why,
        toUnixTimestamp64Milli(toDateTime64(max(expire_time), 3)) - toUnixTimestamp64Milli(now64(3)) AS remaining_ms
      FROM ${database}.repair_lease GROUP BY lease_id
      HAVING max(is_released) = false AND remaining_ms > 0 ORDER BY min(write_time), lease_id`,
    format: 'JSONEachRow',
    ...(signal === undefined ? {} : { abort_signal: signal }),
  });
  const rows = await result.json<{ lease_id: string; held: string; why: string; remaining_ms: string | number }>();
  return rows.map((row) => ({
    leaseId: row.lease_id,
    heldBy: row.held,
    purpose: row.why,
    remainingMs: Number(row.remaining_ms),
  }));
}
