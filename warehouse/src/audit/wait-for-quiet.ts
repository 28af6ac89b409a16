import { REPAIR_LEASE_LOOK_MS, REPAIR_QUIET_TIMEOUT_MS } from '../limits.ts';
import { database } from '../migrations/database.ts';
import type { AuditSession } from './audit-session.ts';
import { readRunningLoads } from './read-pending.ts';
import { RepairError } from './repair-error.ts';

const PAUSE_MS = 100;

/** A load that is announced begins its insert at once; one that has not for so long waits for the lease to end, or for its collector. */
const IDLE_MS = 3_000;

/**
 * Waits, under a lease, until no load runs: until every collector must have seen the lease, and then until all announced loads are done, or no
 * insert runs that could end them.
 */
export async function waitForQuiet(session: AuditSession): Promise<void> {
  await session.pause(2 * REPAIR_LEASE_LOOK_MS);
  const deadlineMs = performance.now() + REPAIR_QUIET_TIMEOUT_MS;
  let idleSinceMs = performance.now();
  for (;;) {
    const running = await countInserts(session);
    if (running === 0 && (await readRunningLoads(session)).length === 0) return;
    const nowMs = performance.now();
    if (running > 0) idleSinceMs = nowMs;
    else if (nowMs - idleSinceMs > IDLE_MS) return;
    if (nowMs > deadlineMs) {
      throw new RepairError(
        'A load has not ended although loads are held up. Look at system.processes, then run the audit again.',
      );
    }
    await session.pause(PAUSE_MS);
  }
}

async function countInserts(session: AuditSession): Promise<number> {
  const [row] = await session.ask<{ inserts: string }>(
    `SELECT count() AS inserts FROM system.processes
     WHERE query ILIKE 'INSERT INTO ${database}.intake %' OR query ILIKE 'INSERT INTO ${database}.intake_columns %'`,
  );
  return Number(row?.inserts);
}
