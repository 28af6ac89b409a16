import { createReadStream } from 'node:fs';
import type { ClickHouseClient } from '@clickhouse/client';
import { loadStatement } from '@telemetry/warehouse';
import type { ClosedSegment } from '../spool/segment.ts';

/** Inserts a segment, its bytes untouched: the engine decompresses and decodes them. Rejects with what the warehouse said. */
export async function insertSegment(
  client: ClickHouseClient,
  segment: ClosedSegment,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { stream } = await client.exec({
    query: loadStatement({ token: segment.id, timeLimitS: Math.ceil(timeoutMs / 1000) }),
    values: createReadStream(segment.path),
    http_headers: { 'Content-Encoding': 'gzip' },
    abort_signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  // The answer is complete only when its body has ended.
  for await (const _ of stream);
}
