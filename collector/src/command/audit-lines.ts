import type { AuditOutcome, AuditReport, Finding, PendingSegment } from '@telemetry/warehouse';
import { alignTable } from './align-table.ts';

const NUMBER = new Intl.NumberFormat('en-US');
/** Lines of one kind for people; `--json` has all. */
const LINES_MAX = 50;

const RECEIVED_COLUMNS = [
  { title: 'received', align: 'left' },
  { title: 'product', align: 'left' },
  { title: 'ledger', align: 'right' },
  { title: 'events', align: 'right' },
  { title: 'rejected', align: 'right' },
  { title: 'pending', align: 'right' },
  { title: 'declared', align: 'right' },
  { title: 'dropped', align: 'right' },
  { title: '', align: 'left' },
] as const;

/** The outcome for people. */
export function auditLines({ found, repairs, left }: AuditOutcome): string[] {
  const lines = receivedLines(left);
  if (repairs.length > 0) {
    lines.push('', `Before the repair there were ${amountOf(found)}. Repaired, on record in telemetry.repair:`);
    lines.push(
      ...repairs.map(({ day, product, action, rows }) => `  ${day} ${product}: ${action}, ${NUMBER.format(rows)} rows`),
    );
  }
  lines.push(...shortened('Loads that are announced and not done:', left.pending.map(pendingLine)));
  const why = Map.groupBy(left.notJudged, ({ what, why: reason }) => `${what}: ${reason}`);
  const days = [...why].map(
    ([reason, some]) => `  ${some.length} days and products, ${some[0]?.day} to ${some.at(-1)?.day}, ${reason}`,
  );
  lines.push(...shortened('Not compared:', days));
  lines.push(...shortened('Differences:', left.findings.map(findingLine)));
  if (left.findingsUntold > 0) lines.push(`  and at least ${NUMBER.format(left.findingsUntold)} more`);
  return [...lines, '', conclusion(left)];
}

function receivedLines({ received, findings }: AuditReport): string[] {
  const rows = received.map((row) => {
    const isWrong = findings.some(
      ({ day, product, kind }) => day === row.day && product === row.product && !kind.endsWith('_day'),
    );
    return [
      row.day,
      row.product,
      ...[
        row.ledgerEvents + row.rejectedEvents + row.pendingEvents,
        row.events,
        row.rejectedEvents,
        row.pendingEvents,
        row.ledgerDropped,
        row.dropped,
      ].map((count) => NUMBER.format(count)),
      isWrong ? 'DIFFERS' : 'agrees',
    ];
  });
  return rows.length === 0 ? [] : alignTable(RECEIVED_COLUMNS, rows);
}

function pendingLine({ segmentId, collectorId, batches, events, ageMs }: PendingSegment): string {
  return `  segment ${segmentId} of collector ${collectorId}: ${NUMBER.format(batches)} batches, ${NUMBER.format(events)} events, for ${Math.round(ageMs / 1000)} s`;
}

function findingLine({ kind, day, product, amount, repairable, detail, producerHex }: Finding): string {
  const who = producerHex === undefined ? '' : ` producer ${producerHex}`;
  return `  ${day} ${product} ${kind} ${NUMBER.format(amount)}:${who} ${detail}${repairable ? '' : ' (cannot be repaired)'}`;
}

function shortened(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const rest = lines.length > LINES_MAX ? [`  and ${NUMBER.format(lines.length - LINES_MAX)} more`] : [];
  return ['', title, ...lines.slice(0, LINES_MAX), ...rest];
}

function conclusion(report: AuditReport): string {
  const { findings, rollupDays, durationMs } = report;
  const took = `in ${(durationMs / 1000).toFixed(1)} s`;
  const compared = `${NUMBER.format(report.received.length)} days and products received, ${NUMBER.format(rollupDays)} of rollups, ${took}`;
  if (findings.length + report.findingsUntold === 0) return `Everything agrees: ${compared}.`;
  const hint = findings.some(({ repairable }) => repairable) ? ' `telemetry audit --repair` repairs what can be.' : '';
  return `${amountOf(report)}: ${compared}.${hint}`;
}

function amountOf({ findings, findingsUntold }: AuditReport): string {
  const count = findings.length + findingsUntold;
  return `${NUMBER.format(count)} ${count === 1 ? 'difference' : 'differences'}`;
}
