import { database } from '../migrations/database.ts';
import { checksumOfRun, ledgerChecksum, numberChecksum } from './key-checksum.ts';

/** A batch of the ledger that was rejected after it was announced. */
export const isRejected = `(segment_id, producer_id, content_digest) IN (
  SELECT segment_id, producer_id, content_digest FROM ${database}.rejected WHERE in_ledger AND day = {day:Date})`;

/**
 * What ledger, raw events and drops say of a day of receiving, by product or finer: one row from each, to be added up. Parameters: `day`,
 * `product`, `pending`.
 *
 * @param keys columns to group by, common to the three tables
 * @param where condition on these columns
 */
export function receivedUnion(keys: string, where = '1'): string {
  const condition = `(empty({product:String}) OR product = {product:String}) AND ${where}`;
  const received =
    "received_time >= toDateTime64({day:Date}, 6, 'UTC') AND received_time < toDateTime64({day:Date} + 1, 6, 'UTC')";
  return `
    SELECT ${keys}, sum(is_settled)::Int64 AS ledger_batches, sumIf(event_count, is_settled)::Int64 AS ledger_events,
      sumIf(dropped_count, is_settled)::Int64 AS ledger_dropped, sumIf(event_count, rejected)::Int64 AS rejected_events,
      sumIf(event_count, pending)::Int64 AS pending_events, 0::Int64 AS events, 0::Int64 AS dropped,
      sumIf(${ledgerChecksum}, is_settled) AS checksum
    FROM (
      SELECT *, segment_id IN {pending:Array(String)} AS pending, ${isRejected} AS rejected, NOT pending AND NOT rejected AS is_settled
      FROM ${database}.batch_ledger WHERE day = {day:Date} AND ${condition})
    GROUP BY ${keys}
    UNION ALL
    SELECT ${keys}, ${none}, count()::Int64, 0::Int64, -sum(${numberChecksum}) FROM ${database}.events
    WHERE ${received} AND ${condition} GROUP BY ${keys}
    UNION ALL
    SELECT ${keys}, ${none}, 0::Int64, sum(last_seq - first_seq + 1)::Int64, -sum(${checksumOfRun('first_seq', 'last_seq')})
    FROM ${database}.dropped WHERE ${received} AND ${condition} GROUP BY ${keys}`;
}

/** In place of the columns of the ledger. Of one type everywhere: the engine adds up no mixture. */
const none = Array(5).fill('0::Int64').join(', ');

/** Condition under which the added-up rows do not agree. */
export const differs = 'sum(ledger_events) != sum(events) OR sum(ledger_dropped) != sum(dropped) OR sum(checksum) != 0';
