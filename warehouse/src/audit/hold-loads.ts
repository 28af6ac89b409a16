import type { ClickHouseClient } from '@clickhouse/client';
import { RepairLease } from '../lease/repair-lease.ts';
import type { AuditSession } from './audit-session.ts';
import type { HoldLoads } from './still-moment.ts';
import { waitForQuiet } from './wait-for-quiet.ts';

/** Holds up loads by a lease while something is compared. */
export function holdLoadsWith(client: ClickHouseClient, session: AuditSession, heldBy: string): HoldLoads {
  return async (work) => {
    const lease = await RepairLease.take(client, { heldBy, purpose: 'telemetry audit' });
    try {
      await waitForQuiet(session);
      const result = await work();
      lease.check();
      return result;
    } finally {
      await lease.release();
    }
  };
}
