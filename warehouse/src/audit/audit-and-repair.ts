import type { ClickHouseClient } from '@clickhouse/client';
import { database } from '../migrations/database.ts';
import { QuestionError } from '../questions/question-error.ts';
import { audit } from './audit.ts';
import { type AuditFilter, checkAuditFilter } from './audit-filter.ts';
import { AuditSession } from './audit-session.ts';
import type { AuditReport } from './finding.ts';
import { holdLoadsWith } from './hold-loads.ts';
import { repair } from './repair.ts';
import type { Repair } from './repair-desk.ts';

/** How to audit. */
export interface AuditOptions extends AuditFilter {
  /** Repair what can be. Default: only say. */
  readonly repair: boolean;
  /** Goes on record with each repair. */
  readonly doneBy: string;
  /** Told what has been compared or repaired, a line for people. */
  readonly onProgress: (line: string) => void;
  /** Stops it, between two steps of a repair. */
  readonly signal: AbortSignal;
}

/** What an audit has found, and what was repaired. */
export interface AuditOutcome {
  /** Of before the repair, if there was one. */
  readonly found: AuditReport;
  readonly repairs: readonly Repair[];
  /** Of after the repair; the same as `found` where nothing was repaired. */
  readonly left: AuditReport;
}

/** A repair may bring to light what lay beneath, as a rollup that agreed with surplus rows. */
const ROUNDS_MAX = 3;

/**
 * Proves for each day that ledger, raw events, drops and rollups agree, or names what does not; repairs it if asked, and says what is left.
 * Loads may go on meanwhile.
 *
 * @throws QuestionError when the filter is wrong, or the database has not what it takes; LeaseError, RepairError; the client's errors as they are.
 */
export async function auditAndRepair(client: ClickHouseClient, options: AuditOptions): Promise<AuditOutcome> {
  const range = checkAuditFilter(options);
  const { doneBy, onProgress, signal } = options;
  const session = new AuditSession(client, signal);
  await checkVersion(session);
  const steps = { onProgress, holdLoads: holdLoadsWith(client, session, doneBy) };
  const found = await audit(session, range, steps);
  const repairs: Repair[] = [];
  let left = found;
  for (let round = 0; options.repair && round < ROUNDS_MAX; round++) {
    if (!left.findings.some(({ repairable }) => repairable)) break;
    const made = await repair(client, session, range, left.findings, { doneBy, onProgress });
    repairs.push(...made);
    left = await audit(session, range, steps);
    if (made.length === 0) break;
  }
  return { found, repairs, left };
}

/** The tables of the audit came with a migration. */
async function checkVersion(session: AuditSession): Promise<void> {
  const [row] = await session.ask<{ tables: string }>(
    `SELECT count() AS tables FROM system.tables WHERE database = '${database}' AND name IN ('repair', 'segment_load')`,
  );
  if (Number(row?.tables) === 2) return;
  throw new QuestionError(
    'database',
    `The database "${database}" has no ledger that can be audited: start a collector of this version on the warehouse first.`,
  );
}
