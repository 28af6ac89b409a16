import { REPAIR_MUTATION_TIMEOUT_MS } from '../limits.ts';
import { database } from '../migrations/database.ts';
import type { AuditSession } from './audit-session.ts';
import { RepairError } from './repair-error.ts';

const PAUSE_MS = 50;

/**
 * Waits until no mutation of our tables is left, also of an audit that was cut short: until then the tables hold rows that will go. Throws
 * RepairError when one fails or takes too long.
 */
export async function waitForMutations(session: AuditSession): Promise<void> {
  const deadlineMs = performance.now() + REPAIR_MUTATION_TIMEOUT_MS;
  for (;;) {
    const [mutation] = await session.ask<{ table: string; command: string; reason: string }>(
      `SELECT table, command, latest_fail_reason AS reason FROM system.mutations
       WHERE database = '${database}' AND NOT is_done ORDER BY reason DESC LIMIT 1`,
    );
    if (mutation === undefined) return;
    const what = `The mutation "${mutation.command}" of ${database}.${mutation.table}`;
    if (mutation.reason !== '') {
      throw new RepairError(`${what} fails: ${mutation.reason}. End it with KILL MUTATION, then run the audit again.`);
    }
    if (performance.now() > deadlineMs) {
      throw new RepairError(
        `${what} is not done. It goes on by itself; run the audit again when system.mutations says so.`,
      );
    }
    await session.pause(PAUSE_MS);
  }
}
