import { TupleParam } from '@clickhouse/client';
import { REPAIR_ROWS_AT_ONCE } from '../limits.ts';
import { database } from '../migrations/database.ts';
import type { BookFinding } from './judge-books.ts';
import type { RepairDesk } from './repair-desk.ts';

/**
 * Declares numbers again of which the ledger says that they were declared, with reason `unspecified`: the one that was given is lost.
 *
 * @returns how many changes were made
 */
export async function restoreDrops(desk: RepairDesk, findings: readonly BookFinding[]): Promise<number> {
  let changes = 0;
  for (const group of Map.groupBy(findings, ({ day, product }) => `${day} ${product}`).values()) {
    const { day, product } = group[0] as BookFinding;
    const rows = group.flatMap(({ producerHex, runs, batch }) =>
      runs.map(([first, last]) => [
        producerHex,
        first,
        last,
        product,
        BigInt(batch?.receivedTimeUs ?? 0),
        batch?.collectorId,
      ]),
    );
    for (let index = 0; index < rows.length; index += REPAIR_ROWS_AT_ONCE) {
      const some = rows.slice(index, index + REPAIR_ROWS_AT_ONCE);
      await desk.make({ action: 'restore drops', day, product, rows: some.length }, () =>
        desk.session.change(
          `INSERT INTO ${database}.dropped
             (producer_id, first_seq, last_seq, reason_code, blacklist_version, product, received_time, collector_id)
           SETTINGS insert_deduplicate = 0
           SELECT toFixedString(unhex(row.1), 16), row.2, row.3, 0, 0, row.4, fromUnixTimestamp64Micro(row.5, 'UTC'), row.6
           FROM (SELECT arrayJoin({rows:Array(Tuple(String, UInt64, UInt64, String, Int64, String))}) AS row)`,
          { rows: some.map((row) => new TupleParam(row)) },
        ),
      );
      changes++;
    }
  }
  return changes;
}
