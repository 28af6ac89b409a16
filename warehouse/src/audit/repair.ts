import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { RepairLease } from '../lease/repair-lease.ts';
import { auditReceived } from './audit.ts';
import type { AuditRange } from './audit-filter.ts';
import { auditRollups } from './audit-rollups.ts';
import type { AuditSession } from './audit-session.ts';
import { findLosses } from './find-losses.ts';
import type { Finding } from './finding.ts';
import { type ProductDay, readWholeDays } from './read-days.ts';
import { type Repair, RepairDesk } from './repair-desk.ts';
import { repairInPasses } from './repair-passes.ts';
import { repairReceived } from './repair-received.ts';
import { repairRollup } from './repair-rollup.ts';
import { waitForMutations } from './wait-for-mutations.ts';
import { waitForQuiet } from './wait-for-quiet.ts';

/** Who repairs, and what is told on the way. */
export interface RepairOptions {
  readonly doneBy: string;
  readonly onProgress: (line: string) => void;
}

/**
 * Repairs what an audit has found and can be repaired, while loads are held up. Each difference is looked for again first: what is changed is
 * what does not agree then. Cut short at any point, it is run again and comes to the same end.
 *
 * @param findings those of the audit
 * @returns what was changed
 */
export async function repair(
  client: ClickHouseClient,
  session: AuditSession,
  range: AuditRange,
  findings: readonly Finding[],
  { doneBy, onProgress }: RepairOptions,
): Promise<Repair[]> {
  const repairs: Repair[] = [];
  const auditId = randomUUID();
  const lease = await RepairLease.take(client, { heldBy: doneBy, purpose: 'telemetry audit --repair' });
  try {
    onProgress('loads are held up; batches are acknowledged and wait in the spools');
    await waitForQuiet(session);
    await waitForMutations(session);
    const onRepair = (made: Repair) => {
      repairs.push(made);
      onProgress(`repaired ${made.day} ${made.product}: ${made.action}, ${made.rows} rows`);
    };
    const desk = new RepairDesk(session, lease, { auditId, doneBy, onRepair });
    await repairAllReceived(desk, range, findings);
    await repairAllRollups(desk, findings);
    return repairs;
  } finally {
    await lease.release();
  }
}

/** Kinds that are mended in the rollups; all others are in what came in. */
const isOfRollup = ({ kind }: Finding) => kind === 'event_day' || kind === 'feature_day';

async function repairAllReceived(desk: RepairDesk, range: AuditRange, findings: readonly Finding[]): Promise<void> {
  const days = new Set(findings.filter((finding) => !isOfRollup(finding) && finding.repairable).map(({ day }) => day));
  if (days.size === 0) return;
  const whole = await readWholeDays(desk.session);
  await repairInPasses(async () => {
    const found = await auditReceived(desk.session, range, whole, { onProgress: () => {} }, days);
    return await repairReceived(desk, found.findings);
  });
}

async function repairAllRollups(desk: RepairDesk, findings: readonly Finding[]): Promise<void> {
  const { session } = desk;
  const places = new Map<string, ProductDay>();
  for (const { day, product } of findings.filter(isOfRollup)) places.set(`${day} ${product}`, { day, product });
  if (places.size === 0) return;
  const whole = await readWholeDays(session);
  const losses = await findLosses(session, new Set([...places.values()].map(({ product }) => product)), whole);
  for (const place of places.values()) {
    // Loads are held up already.
    const found = await auditRollups(session, place, whole, { holdLoads: (work) => work(), losses });
    for (const name of ['event_day', 'feature_day'] as const) {
      const differences = found.findings.filter(({ kind }) => kind === name);
      if (differences.length > 0 && differences.every(({ repairable }) => repairable)) {
        await repairRollup(desk, name, place);
      }
    }
  }
}
