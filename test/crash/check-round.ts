import { compareRows } from './compare-rows.ts';
import type { CrashBatch } from './crash-batch.ts';
import { batchesToExpect, expectedRows } from './expected-rows.ts';
import { FINDINGS_SHOWN_MAX } from './limits.ts';
import { rollupNames, type WarehouseReader } from './warehouse-reader.ts';

/** What the check of a round found. */
export interface RoundCheck {
  /** Events of the round in the warehouse. */
  readonly storedEvents: number;
  /** What does not balance, in words; empty when all does. */
  readonly findings: readonly string[];
}

/** Holds what the warehouse has of a round against what was acknowledged. */
export async function checkRound(
  reader: WarehouseReader,
  product: string,
  batches: readonly CrashBatch[],
): Promise<RoundCheck> {
  const findings: string[] = [];
  const stored = await reader.tableRows(product);
  const expected = expectedRows(batchesToExpect(batches, stored));
  for (const table of ['events', 'batch_ledger', 'dropped'] as const) {
    const { missing, surplus } = compareRows(expected[table], stored[table]);
    findings.push(...describe(`${table}: acknowledged, not stored`, missing, batches));
    findings.push(...describe(`${table}: stored too often, or never sent`, surplus, batches));
  }
  const { rows, keys } = await reader.eventCounts(product);
  if (rows !== keys) findings.push(`events: ${rows} rows have ${keys} different keys`);
  for (const name of rollupNames) {
    const rollup = await reader.rollup(name, product);
    const { missing, surplus } = compareRows(rollup.recounted, rollup.stored);
    findings.push(...describe(`${name}: counted from the events, not in the rollup`, missing, []));
    findings.push(...describe(`${name}: in the rollup, not counted from the events`, surplus, []));
  }
  return { storedEvents: rows, findings };
}

/** What has changed of rounds that were over. */
export function checkEarlier(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...before]
    .filter(([product, totals]) => after.get(product) !== totals)
    .map(([product, totals]) => `${product}, checked before: totals were ${totals}, are ${after.get(product)}`);
}

function describe(what: string, rows: readonly string[], batches: readonly CrashBatch[]): string[] {
  if (rows.length === 0) return [];
  // One of each batch says more than many of one.
  const byBatch = new Map(rows.map((row) => [batchOf(row, batches)?.index ?? row, row]));
  const shown = [...byBatch.values()].slice(0, FINDINGS_SHOWN_MAX).map((row) => `  ${row}${historyOf(row, batches)}`);
  return [`${what}: ${rows.length} rows of ${byBatch.size} batches, such as`, ...shown];
}

function batchOf(row: string, batches: readonly CrashBatch[]): CrashBatch | undefined {
  const [producer, text] = row.split('|');
  const seq = Number(text);
  return batches.find(
    (batch) =>
      batch.producer === producer &&
      (batch.events.some((event) => event.seq === seq) || batch.dropped.some((drop) => drop.firstSeq === seq)),
  );
}

function historyOf(row: string, batches: readonly CrashBatch[]): string {
  const batch = batchOf(row, batches);
  if (batch === undefined) return '';
  const sendings = batch.history.map((one) => `#${one.attempt} at ${one.atMs} ms to ${one.collector}: ${one.answer}`);
  return ` (batch ${batch.index}, ${batch.encoding}; ${sendings.join('; ')})`;
}
