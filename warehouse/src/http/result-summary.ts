import type { ResultTotals } from '../engine/chdb-engine.ts';

/** X-ClickHouse-Summary. What the embedded engine does not say (rows read from tables) is 0. */
export function resultSummary(totals: ResultTotals): string {
  return JSON.stringify({
    read_rows: '0',
    read_bytes: '0',
    written_rows: String(totals.writtenRows),
    written_bytes: String(totals.writtenBytes),
    total_rows_to_read: '0',
    result_rows: String(totals.resultRows),
    result_bytes: '0',
    elapsed_ns: String(Math.round(totals.elapsedMs * 1e6)),
  });
}
