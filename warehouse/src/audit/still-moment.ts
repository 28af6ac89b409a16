import { AUDIT_ROUND_PAUSE_MS, AUDIT_STILL_TRIES } from '../limits.ts';
import type { AuditSession } from './audit-session.ts';
import { countLedgerRows, type RollupComparison, type RollupDifference } from './compare-rollups.ts';
import { readRunningLoads } from './read-pending.ts';

/** What holds up loads while it is at work. */
export type HoldLoads = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Differences, and the loads that could be the cause of them. */
export interface StillComparison {
  readonly differences: readonly RollupDifference[];
  /** Loads of the product that are announced and not done, for so long that the comparison did not wait for them. */
  readonly openSegments: readonly string[];
}

/**
 * Compares until a difference is one that no load explains: a load writes raw events and rollups one after the other. A moment is still when
 * all loads that the ledger announces are done, and it announces no more before the comparison has taken its view of the tables. Loads that
 * stay announced, as those of a dead collector, are told. When loads leave no still moment, they are held up for one.
 */
export async function compareInStillMoment(
  session: AuditSession,
  product: string,
  compare: () => Promise<RollupComparison>,
  holdLoads: HoldLoads,
): Promise<StillComparison> {
  // What agrees needs no still moment.
  if ((await compare()).differences.length === 0) return { differences: [], openSegments: [] };
  for (let attempt = 0; attempt < AUDIT_STILL_TRIES; attempt++) {
    const before = await countLedgerRows(session);
    const openSegments = await openSegmentsOf(session, product);
    const { differences, ledgerRows } = await compare();
    if (differences.length === 0) return { differences, openSegments: [] };
    if (openSegments.length === 0 && ledgerRows === before) return { differences, openSegments };
    await session.pause(AUDIT_ROUND_PAUSE_MS / 4);
  }
  return holdLoads(async () => {
    const openSegments = await openSegmentsOf(session, product);
    const { differences } = await compare();
    return { differences, openSegments };
  });
}

async function openSegmentsOf(session: AuditSession, product: string): Promise<string[]> {
  const running = await readRunningLoads(session);
  return running.filter(({ products }) => products.includes(product)).map(({ segmentId }) => segmentId);
}
