import type { AuditSession } from './audit-session.ts';
import type { PendingSegment, ReceivedSums } from './finding.ts';
import { differs, receivedUnion } from './received-union.ts';

/** Sums of a product on a day, and whether they agree, checksum of the numbers included. */
export interface JudgedSums extends ReceivedSums {
  readonly agrees: boolean;
}

/** Adds up a day of receiving by product. The batches of pending loads are left out on the side of the ledger. */
export async function readReceivedSums(
  session: AuditSession,
  day: string,
  product: string,
  pending: readonly PendingSegment[],
): Promise<JudgedSums[]> {
  const sums = [
    'ledger_batches',
    'ledger_events',
    'ledger_dropped',
    'rejected_events',
    'pending_events',
    'events',
    'dropped',
  ];
  const rows = await session.ask<Record<string, string>>(
    `SELECT product, ${sums.map((sum) => `sum(${sum}) AS total_${sum}`).join(', ')}, toUInt8(${differs}) AS differs
     FROM (${receivedUnion('product')}) GROUP BY product ORDER BY product`,
    { day, product, pending: pending.map(({ segmentId }) => segmentId) },
  );
  return rows.map((row) => ({
    day,
    product: row['product'] ?? '',
    ledgerBatches: Number(row['total_ledger_batches']),
    ledgerEvents: Number(row['total_ledger_events']),
    events: Number(row['total_events']),
    rejectedEvents: Number(row['total_rejected_events']),
    pendingEvents: Number(row['total_pending_events']),
    ledgerDropped: Number(row['total_ledger_dropped']),
    dropped: Number(row['total_dropped']),
    agrees: Number(row['differs']) === 0,
  }));
}
