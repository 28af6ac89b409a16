import type { ClickHouseClient } from '@clickhouse/client';
import { database } from '../migrations/database.ts';

/** A load that is done. */
export interface SegmentLoad {
  readonly segmentId: string;
  readonly collectorId: string;
  readonly batchCount: number;
  readonly eventCount: number;
}

/** Says that a segment is loaded whole. Again and again is as good as once. */
export async function recordSegmentLoad(
  client: ClickHouseClient,
  load: SegmentLoad,
  signal: AbortSignal,
): Promise<void> {
  await client.insert({
    table: `${database}.segment_load`,
    columns: ['segment_id', 'collector_id', 'batch_count', 'event_count'],
    format: 'JSONEachRow',
    values: [
      {
        segment_id: load.segmentId,
        collector_id: load.collectorId,
        batch_count: load.batchCount,
        event_count: load.eventCount,
      },
    ],
    clickhouse_settings: { insert_deduplication_token: load.segmentId, insert_deduplicate: 1, async_insert: 0 },
    abort_signal: signal,
  });
}
