import { AUDIT_FINDINGS_TOLD_MAX } from '../limits.ts';
import type { AuditRange } from './audit-filter.ts';
import { auditReceivedDay } from './audit-received.ts';
import { auditRollups } from './audit-rollups.ts';
import type { AuditSession } from './audit-session.ts';
import { findOverlaps } from './find-overlaps.ts';
import type { AuditReport, Finding, NotJudged, PendingSegment, ReceivedSums } from './finding.ts';
import type { BookFinding } from './judge-books.ts';
import { judgeOverlaps } from './judge-overlaps.ts';
import { lookInQuarantine } from './look-in-quarantine.ts';
import { type ReceivedDay, readEventDays, readReceivedDays, readWholeDays } from './read-days.ts';
import { isOverdue, settlePending } from './settle-pending.ts';
import type { HoldLoads } from './still-moment.ts';
import type { WholeDays } from './whole-days.ts';

/** What an audit tells and needs on the way. */
export interface AuditSteps {
  /** Told what has been compared, a line for people. */
  readonly onProgress: (line: string) => void;
  /** For the still moment that rollups are compared in, when loads leave none. */
  readonly holdLoads: HoldLoads;
}

/** What is not as it should be with what came in. */
export interface ReceivedAudit {
  readonly sums: readonly ReceivedSums[];
  readonly findings: readonly (Finding | BookFinding)[];
  readonly notJudged: readonly NotJudged[];
  readonly pending: readonly PendingSegment[];
  readonly isCut: boolean;
}

/** Proves that ledger, raw events, drops and rollups agree, or names what does not. Loads may go on. */
export async function audit(session: AuditSession, range: AuditRange, steps: AuditSteps): Promise<AuditReport> {
  const startedMs = performance.now();
  const whole = await readWholeDays(session);
  const received = await auditReceived(session, range, whole, steps);
  const losses = new Set(
    received.findings.filter(({ kind }) => kind === 'event_missing').map(({ product }) => product),
  );
  const rollups = await auditAllRollups(session, range, whole, steps, losses);
  const findings = [...received.findings, ...rollups.findings].map(told);
  return {
    received: received.sums,
    rollupDays: rollups.days,
    findings: findings.slice(0, AUDIT_FINDINGS_TOLD_MAX),
    findingsUntold: Math.max(0, findings.length - AUDIT_FINDINGS_TOLD_MAX) + (received.isCut ? 1 : 0),
    notJudged: [...received.notJudged, ...rollups.notJudged],
    pending: received.pending,
    durationMs: Math.round(performance.now() - startedMs),
  };
}

/**
 * Compares what came in, day by day.
 *
 * @param onlyDays those of the range to compare; default all
 */
export async function auditReceived(
  session: AuditSession,
  range: AuditRange,
  whole: WholeDays,
  { onProgress }: Pick<AuditSteps, 'onProgress'>,
  onlyDays?: ReadonlySet<string>,
): Promise<ReceivedAudit> {
  const overlaps = await findOverlaps(session, range);
  const findings: (Finding | BookFinding)[] = judgeOverlaps(overlaps);
  const sums: ReceivedSums[] = [];
  const notJudged: NotJudged[] = [];
  const pending = new Map<string, PendingSegment>();
  let isCut = false;
  for (const [day, products] of Map.groupBy(await readReceivedDays(session, range), (row) => row.day)) {
    if (onlyDays?.has(day) === false) continue;
    const startedMs = performance.now();
    const judged: ReceivedDay[] = [];
    for (const row of products) {
      const why = row.oldBatches > 0 ? beforeAnnouncements : whole.whyNotReceived(day, row.product);
      if (why === undefined) judged.push(row);
      else notJudged.push({ what: 'received', day, product: row.product, why });
    }
    if (judged.length === 0) continue;
    const ofDay = Map.groupBy(
      overlaps.filter((batch) => batch.day === day),
      (batch) => batch.product,
    );
    const also = new Map([...ofDay].map(([product, batches]) => [product, new Set(batches.map((b) => b.producerHex))]));
    const found = await auditReceivedDay(session, day, judged, also);
    sums.push(...found.sums.map(({ agrees: _, ...row }) => row));
    findings.push(...found.findings);
    isCut ||= found.isCut;
    for (const segment of found.pending) pending.set(segment.segmentId, segment);
    onProgress(
      `received ${day}: ${count(found.sums)} events, ${found.findings.length} differences, ${since(startedMs)}`,
    );
  }
  // What was loaded while the days were compared is no longer pending.
  const still = await settlePending(session, pending.values());
  findings.push(...still.filter(isOverdue).map(pendingFinding));
  return { sums, findings: await lookInQuarantine(session, findings), notJudged, pending: still, isCut };
}

async function auditAllRollups(
  session: AuditSession,
  range: AuditRange,
  whole: WholeDays,
  { holdLoads, onProgress }: AuditSteps,
  losses: ReadonlySet<string>,
) {
  const findings: Finding[] = [];
  const notJudged: NotJudged[] = [];
  let days = 0;
  for (const [day, places] of Map.groupBy(await readEventDays(session, range), (row) => row.day)) {
    const startedMs = performance.now();
    const before = findings.length;
    for (const place of places) {
      const found = await auditRollups(session, place, whole, { holdLoads, losses });
      findings.push(...found.findings);
      notJudged.push(...found.notJudged);
      if (found.notJudged.length === 0) days++;
    }
    const differences = findings.length - before;
    onProgress(`rollups ${day}: ${places.length} products, ${differences} differences, ${since(startedMs)}`);
  }
  return { findings, notJudged, days };
}

function pendingFinding(segment: PendingSegment): Finding {
  const { segmentId, collectorId, batches, events, day, products } = segment;
  const detail = `segment ${segmentId} of collector ${collectorId} with ${batches} batches was announced and is not loaded; it is in the spool of that collector, start it`;
  return { kind: 'segment_pending', day, product: products.join(', '), amount: events, repairable: false, detail };
}

function told({ kind, day, product, amount, repairable, detail, producerHex }: Finding): Finding {
  const finding = { kind, day, product, amount, repairable, detail };
  return producerHex === undefined ? finding : { ...finding, producerHex };
}

const beforeAnnouncements = 'the ledger is from before loads were announced, and does not say enough';

function count(sums: readonly ReceivedSums[]): number {
  return sums.reduce((sum, { events }) => sum + events, 0);
}

function since(startedMs: number): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}
