import { database } from '../database.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * Loads that are done, one row a segment, written last: all tables hold what the ledger announced for it. A segment that is in the ledger
 * and not here is being loaded, or waits in the spool of its collector.
 */
export const createSegmentLoad = `
CREATE TABLE IF NOT EXISTS ${database}.segment_load
(
    segment_id String,
    collector_id LowCardinality(String),
    batch_count UInt64,
    event_count UInt64,
    loaded_time DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
${tableEngine('MergeTree')}
PARTITION BY toYYYYMM(loaded_time)
ORDER BY segment_id
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1`;
