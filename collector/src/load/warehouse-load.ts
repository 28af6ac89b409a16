import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { ClickHouseClient } from '@clickhouse/client';
import { type LoadForm, loadStatement, probeStatement } from '@telemetry/warehouse';
import type { ColumnEncoders } from '../columns/column-encoders.ts';
import { encodeRecords } from '../columns/encode-records.ts';
import { readRecords } from '../spool/read-records.ts';
import { loadFormOf } from '../spool/segment-id.ts';
import type { Handover } from './handover.ts';
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

/** Where a load goes, and what makes its columns. */
export interface LoadWays {
  readonly client: ClickHouseClient;
  readonly encoders: ColumnEncoders;
  /** Where the warehouse takes columns from, on the same machine; undefined where it gets them over its connection. */
  readonly handover: Handover | undefined;
}

/** Inserts a segment, in the form that its id says. Rejects with what the warehouse said, or with why no columns can be made of it. */
export async function insertSegment(
  { client, encoders, handover }: LoadWays,
  segment: { readonly id: string; readonly path: string },
  deadline: LoadDeadline,
): Promise<void> {
  const form = loadFormOf(segment.id);
  const query = loadStatement({ token: segment.id, form, timeLimitS: Math.ceil(deadline.timeoutMs / 1000) });
  if (form === 'columns') {
    const blocks = encodeRecords(encoders, readRecords(segment.path));
    if (handover !== undefined) return handover.insert(client, query, blocks, signalOf(deadline));
    return sendColumns(client, query, blocks, deadline);
  }
  // Its bytes untouched: the engine decompresses and decodes them.
  await sendBatches(client, query, createReadStream(segment.path, { highWaterMark: READ_SIZE_BYTES }), form, deadline);
}

/** Whether the warehouse can read records in a form, without storing them. Rejects when it cannot say. */
export async function isReadable(
  client: ClickHouseClient,
  encoders: ColumnEncoders,
  form: LoadForm,
  records: readonly Uint8Array[],
  deadline: LoadDeadline,
): Promise<boolean> {
  const query = probeStatement(form, Math.ceil(deadline.timeoutMs / 1000));
  try {
    if (form === 'columns') await sendColumns(client, query, encodeRecords(encoders, [records]), deadline);
    else await sendBatches(client, query, Readable.from(records, { objectMode: false }), form, deadline);
    return true;
  } catch (error) {
    if (toLoadError(error).kind === 'permanent') return false;
    throw error;
  }
}

/**
 * Has the engine keep the schema that comes with each load of messages, which it does in a file: of two loads that both find none, one fails (and is
 * tried again). So this comes before the first.
 */
export async function learnLoadSchema(client: ClickHouseClient, deadline: LoadDeadline): Promise<void> {
  const query = probeStatement('messages', Math.ceil(deadline.timeoutMs / 1000));
  await sendBatches(client, query, Readable.from([gzipSync(new Uint8Array(0))]), 'messages', deadline);
}

/** Sends blocks as they are made. When making one fails, that is what this fails with, and not the request that broke off. */
async function sendColumns(
  client: ClickHouseClient,
  query: string,
  blocks: AsyncGenerator<readonly Uint8Array[]>,
  deadline: LoadDeadline,
): Promise<void> {
  let failure: { readonly reason: unknown } | undefined;
  const noted = async function* () {
    try {
      // Copied: what is sent is read later than the next block is asked for.
      for await (const pieces of blocks) yield Buffer.concat(pieces);
    } catch (reason) {
      failure = { reason };
      throw reason;
    }
  };
  try {
    await sendBatches(client, query, Readable.from(noted(), { objectMode: false }), 'columns', deadline);
  } catch (error) {
    throw failure === undefined ? error : failure.reason;
  }
}

function signalOf({ timeoutMs, signal }: LoadDeadline): AbortSignal {
  return AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(timeoutMs)]);
}

async function sendBatches(
  client: ClickHouseClient,
  query: string,
  values: Readable,
  form: LoadForm,
  deadline: LoadDeadline,
): Promise<void> {
  const { stream } = await client.exec({
    query,
    values,
    ...(form === 'messages' ? { http_headers: { 'Content-Encoding': 'gzip' } } : {}),
    abort_signal: signalOf(deadline),
  });
  // The answer is complete only when its body has ended.
  for await (const _ of stream);
}
