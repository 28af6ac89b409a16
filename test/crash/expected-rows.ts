import type { CrashBatch } from './crash-batch.ts';
import { userOf } from './make-batches.ts';

/** The rows of a round in each table, a row as text: its columns joined by `|`, the producer and the numbers first. */
export interface TableRows {
  readonly events: readonly string[];
  readonly batch_ledger: readonly string[];
  readonly dropped: readonly string[];
}

/** What the tables must hold of these batches. */
export function expectedRows(batches: readonly CrashBatch[]): TableRows {
  return {
    events: batches.flatMap(eventRows),
    batch_ledger: batches.map(ledgerRow),
    dropped: batches.flatMap(droppedRows),
  };
}

/**
 * Those that must be stored: the acknowledged ones, and of the others those of which anything is there, since a batch is stored whole
 * or not at all.
 */
export function batchesToExpect(batches: readonly CrashBatch[], stored: TableRows): CrashBatch[] {
  const events = new Set(stored.events);
  const dropped = new Set(stored.dropped);
  return batches.filter(
    (batch) =>
      batch.isAcknowledged ||
      eventRows(batch).some((row) => events.has(row)) ||
      droppedRows(batch).some((row) => dropped.has(row)),
  );
}

function eventRows({ producer, events }: CrashBatch): string[] {
  const user = userOf(producer);
  return events.map(({ seq, name, feature, useCount, timeUnixUs }) =>
    [producer, seq, name, feature, useCount, timeUnixUs, user].join('|'),
  );
}

function ledgerRow({ producer, events, dropped }: CrashBatch): string {
  const firsts = [...events.map(({ seq }) => seq), ...dropped.map(({ firstSeq }) => firstSeq)];
  const lasts = [...events.map(({ seq }) => seq), ...dropped.map(({ lastSeq }) => lastSeq)];
  const droppedCount = dropped.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0);
  return [producer, Math.min(...firsts), Math.max(...lasts), events.length, droppedCount].join('|');
}

function droppedRows({ producer, dropped }: CrashBatch): string[] {
  return dropped.map(({ firstSeq, lastSeq, reason }) => [producer, firstSeq, lastSeq, reason].join('|'));
}
