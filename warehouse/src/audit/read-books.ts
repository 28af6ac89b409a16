import { database } from '../migrations/database.ts';
import type { AuditSession } from './audit-session.ts';
import { ledgerRuns } from './key-checksum.ts';
import { joinRuns } from './number-runs.ts';
import type { BookedBatch, ProducerBooks } from './producer-books.ts';
import { isRejected } from './received-union.ts';

interface LedgerRow {
  readonly producer: string;
  readonly product: string;
  readonly runs: readonly (readonly [string, string])[];
  readonly event_count: number;
  readonly dropped_count: string;
  readonly segment_id: string;
  readonly collector_id: string;
  readonly digest: string;
  readonly received_us: string;
  readonly batch_day: string;
  readonly is_done: number;
  readonly is_rejected: number;
}

/** Condition that picks producers by their 16 bytes in hexadecimal. */
export function ofProducers(producersHex: readonly string[]): string {
  return `producer_id IN (SELECT toFixedString(unhex(arrayJoin([${producersHex.map((hex) => `'${hex}'`).join(',')}])), 16))`;
}

/**
 * Reads the books of some producers on a day of receiving. Loads may go on: the ledger is read before the raw rows, which shows whose load
 * was done by then, and after them, which shows everything that may be in them.
 */
export async function readBooks(
  session: AuditSession,
  day: string,
  product: string,
  producersHex: readonly string[],
): Promise<ProducerBooks[]> {
  const parameters = { day, product };
  const condition = `(empty({product:String}) OR product = {product:String}) AND ${ofProducers(producersHex)}`;
  const before = await readLedger(session, condition, parameters);
  const received = 'toDate(received_time) = {day:Date}';
  const stored = await session.ask<{ producer: string; product: string; times: string; first: string; last: string }>(
    `SELECT lower(hex(producer_id)) AS producer, product, times, min(seq) AS first, max(seq) AS last FROM (
       SELECT producer_id, product, seq, times,
         seq - row_number() OVER (PARTITION BY producer_id, product, times ORDER BY seq) AS island
       FROM (SELECT producer_id, product, seq, count() AS times FROM ${database}.events WHERE ${received} AND ${condition}
         GROUP BY producer_id, product, seq))
     GROUP BY producer_id, product, times, island`,
    parameters,
  );
  const declared = await session.ask<{ producer: string; product: string; first: string; last: string }>(
    `SELECT lower(hex(producer_id)) AS producer, product, first_seq AS first, last_seq AS last FROM ${database}.dropped
     WHERE ${received} AND ${condition}`,
    parameters,
  );
  const doneBefore = new Set(before.filter(({ is_done }) => is_done === 1).map(({ segment_id }) => segment_id));
  const after = await readLedger(session, condition, parameters);
  const shelf = new Shelf(day);
  for (const row of after) shelf.of(row).batches.push(bookedBatch(row, doneBefore));
  for (const row of stored) {
    shelf.of(row).stored.push({ times: Number(row.times), run: [Number(row.first), Number(row.last)] });
  }
  for (const row of declared) shelf.of(row).declared.push([Number(row.first), Number(row.last)]);
  return shelf.books;
}

function readLedger(session: AuditSession, condition: string, parameters: Record<string, string>) {
  return session.ask<LedgerRow>(
    `SELECT lower(hex(producer_id)) AS producer, product, ${ledgerRuns} AS runs, event_count, dropped_count, segment_id, collector_id,
       toString(content_digest) AS digest, toString(toUnixTimestamp64Micro(received_time)) AS received_us, toString(day) AS batch_day,
       empty(segment_id) OR segment_id IN (SELECT segment_id FROM ${database}.segment_load WHERE segment_id IN (
         SELECT segment_id FROM ${database}.batch_ledger WHERE day = {day:Date} AND ${condition})) AS is_done,
       ${isRejected} AS is_rejected
     FROM ${database}.batch_ledger WHERE day = {day:Date} AND ${condition}`,
    parameters,
  );
}

function bookedBatch(row: LedgerRow, doneBefore: ReadonlySet<string>): BookedBatch {
  return {
    runs: row.runs.map(([first, last]) => [Number(first), Number(last)]),
    eventCount: row.event_count,
    droppedCount: Number(row.dropped_count),
    segmentId: row.segment_id,
    collectorId: row.collector_id,
    contentDigest: row.digest,
    receivedTimeUs: row.received_us,
    day: row.batch_day,
    state: row.is_rejected === 1 ? 'rejected' : doneBefore.has(row.segment_id) ? 'done' : 'pending',
  };
}

interface OpenBooks {
  readonly producerHex: string;
  readonly product: string;
  readonly batches: BookedBatch[];
  readonly stored: { times: number; run: readonly [number, number] }[];
  readonly declared: (readonly [number, number])[];
}

/** Books by producer and product. */
class Shelf {
  readonly #day: string;
  readonly #books = new Map<string, OpenBooks>();

  constructor(day: string) {
    this.#day = day;
  }

  of({ producer, product }: { producer: string; product: string }): OpenBooks {
    const key = `${producer} ${product}`;
    const known = this.#books.get(key);
    if (known !== undefined) return known;
    const made = { producerHex: producer, product, batches: [], stored: [], declared: [] };
    this.#books.set(key, made);
    return made;
  }

  get books(): ProducerBooks[] {
    return [...this.#books.values()].map(({ producerHex, product, batches, stored, declared }) => {
      const byTimes = new Map<number, (readonly [number, number])[]>();
      for (const { times, run } of stored) byTimes.set(times, [...(byTimes.get(times) ?? []), run]);
      const sorted = [...byTimes].map(([times, runs]) => ({ times, runs: joinRuns(runs) }));
      return { producerHex, product, day: this.#day, batches, stored: sorted, declared };
    });
  }
}
