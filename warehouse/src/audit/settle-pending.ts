import { AUDIT_PENDING_AGE_MS_MAX, AUDIT_PENDING_SETTLE_MS, AUDIT_ROUND_PAUSE_MS } from '../limits.ts';
import type { AuditSession } from './audit-session.ts';
import type { PendingSegment } from './finding.ts';
import { readPending } from './read-pending.ts';

/** Whether a load is announced for so long that it is a difference. */
export function isOverdue({ ageMs }: PendingSegment): boolean {
  return ageMs > AUDIT_PENDING_AGE_MS_MAX;
}

/**
 * Those of the loads found pending that stay so. What is old may be loading right now, after an outage of the warehouse, and is done soon: it is
 * looked at again for a while.
 */
export async function settlePending(session: AuditSession, found: Iterable<PendingSegment>): Promise<PendingSegment[]> {
  const deadlineMs = performance.now() + AUDIT_PENDING_SETTLE_MS;
  let still = [...found];
  for (;;) {
    const ids = new Set(still.map(({ segmentId }) => segmentId));
    const looks = new Map<string, PendingSegment>();
    for (const day of new Set(still.map((segment) => segment.day))) {
      for (const segment of await readPending(session, { from: day, to: day })) {
        if (ids.has(segment.segmentId)) looks.set(segment.segmentId, segment);
      }
    }
    still = [...looks.values()];
    if (!still.some(isOverdue) || performance.now() > deadlineMs) return still;
    await session.pause(AUDIT_ROUND_PAUSE_MS);
  }
}
