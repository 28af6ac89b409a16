import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { ClickHouseClient } from '@clickhouse/client';
import { loadStatement, probeStatement } from '@telemetry/warehouse';
import { toLoadError } from './load-error.ts';

/**
 * Read from the disk and handed to the socket at a time. Each takes a turn of the thread pool and some of the event loop, which in a busy
 * process takes 30 ms: at the 64 KiB that Node reads as a rule, a full segment takes six hundred of them.
 */
const READ_SIZE_BYTES = 4 * 1024 * 1024;

/** How long a statement may take, and what ends it before. */
export interface LoadDeadline {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Inserts a segment, its bytes untouched: the engine decompresses and decodes them. Rejects with what the warehouse said. */
export async function insertSegment(
  client: ClickHouseClient,
  segment: { readonly id: string; readonly path: string },
  deadline: LoadDeadline,
): Promise<void> {
  const query = loadStatement({ token: segment.id, timeLimitS: Math.ceil(deadline.timeoutMs / 1000) });
  await sendBatches(client, query, createReadStream(segment.path, { highWaterMark: READ_SIZE_BYTES }), deadline);
}

/** Whether the warehouse can read batches, without storing them. Rejects when it cannot say. */
export async function isReadable(
  client: ClickHouseClient,
  bytes: Uint8Array,
  deadline: LoadDeadline,
): Promise<boolean> {
  const query = probeStatement(Math.ceil(deadline.timeoutMs / 1000));
  try {
    await sendBatches(client, query, Readable.from([bytes], { objectMode: false }), deadline);
    return true;
  } catch (error) {
    if (toLoadError(error).kind === 'permanent') return false;
    throw error;
  }
}

/**
 * Has the engine keep the schema that comes with each load, which it does in a file: of two loads that both find none, one fails (and is
 * tried again). So this comes before the first.
 */
export async function learnLoadSchema(client: ClickHouseClient, deadline: LoadDeadline): Promise<void> {
  await isReadable(client, gzipSync(new Uint8Array(0)), deadline);
}

async function sendBatches(
  client: ClickHouseClient,
  query: string,
  values: Readable,
  { timeoutMs, signal }: LoadDeadline,
): Promise<void> {
  const { stream } = await client.exec({
    query,
    values,
    http_headers: { 'Content-Encoding': 'gzip' },
    abort_signal: AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(timeoutMs)]),
  });
  // The answer is complete only when its body has ended.
  for await (const _ of stream);
}
