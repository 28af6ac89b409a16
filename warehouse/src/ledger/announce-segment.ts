import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { database } from '../migrations/database.ts';
import { ledgerColumns } from './encode-ledger-rows.ts';

/** What is announced, and how long it may take. */
export interface SegmentAnnouncement {
  /** Names the segment; the token of its load. */
  readonly segmentId: string;
  /** Its batches, as `LedgerRowEncoder` makes them. */
  readonly rows: Uint8Array;
  /** Longest run on the server; the client gives up at the same time. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Writes the batches of a segment into the ledger, before any of it is loaded: from now on the segment is to be loaded whole, with its token,
 * and no other collector loads a batch of it. Again and again is as good as once.
 */
export async function announceSegment(client: ClickHouseClient, announcement: SegmentAnnouncement): Promise<void> {
  const { segmentId, rows, timeoutMs, signal } = announcement;
  const settings = [
    `insert_deduplication_token = '${segmentId}'`,
    'insert_deduplicate = 1',
    'async_insert = 0',
    `max_execution_time = ${Math.ceil(timeoutMs / 1000)}`,
    // One block, cut the same way each time: see `load-statement.ts`.
    'max_insert_threads = 1',
    'max_insert_block_size = 1048576',
    'min_insert_block_size_rows = 1048576',
    'min_insert_block_size_bytes = 268435456',
  ];
  const { stream } = await client.exec({
    query: `INSERT INTO ${database}.batch_ledger (${ledgerColumns}) SETTINGS ${settings.join(', ')} FORMAT RowBinary`,
    values: Readable.from([rows], { objectMode: false }),
    abort_signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  // The answer is complete only when its body has ended.
  for await (const _ of stream);
}
