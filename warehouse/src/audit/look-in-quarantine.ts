import { AUDIT_BOOKS_AT_ONCE } from '../limits.ts';
import { database } from '../migrations/database.ts';
import type { AuditSession } from './audit-session.ts';
import type { Finding } from './finding.ts';
import type { BookFinding } from './judge-books.ts';
import { commonRuns } from './number-runs.ts';
import { ofProducers } from './read-books.ts';

/** Adds to what is missing whether a collector has set a batch with these numbers aside: its file still has the bytes. */
export async function lookInQuarantine(
  session: AuditSession,
  findings: readonly (Finding | BookFinding)[],
): Promise<(Finding | BookFinding)[]> {
  const missing = findings.filter(
    (finding): finding is BookFinding => finding.kind === 'event_missing' && 'runs' in finding,
  );
  const producers = [...new Set(missing.map(({ producerHex }) => producerHex))].slice(0, AUDIT_BOOKS_AT_ONCE);
  if (producers.length === 0) return [...findings];
  const rejected = await session.ask<{
    producer: string;
    first: string;
    last: string;
    file: string;
    collector: string;
  }>(
    `SELECT lower(producer_hex) AS producer, first_seq AS first, last_seq AS last, file, collector_id AS collector
     FROM ${database}.rejected WHERE ${ofProducers(producers)} LIMIT 10000`,
  );
  return findings.map((finding) => {
    if (finding.kind !== 'event_missing' || !('runs' in finding)) return finding;
    const kept = rejected.find(
      ({ producer, first, last }) =>
        producer === finding.producerHex && commonRuns(finding.runs, [[Number(first), Number(last)]]).length > 0,
    );
    const place =
      kept === undefined
        ? 'no quarantine is known to have them'
        : `collector ${kept.collector} has set such a batch aside, in ${kept.file} of its quarantine folder`;
    return { ...finding, detail: `${finding.detail}; ${place}` };
  });
}
