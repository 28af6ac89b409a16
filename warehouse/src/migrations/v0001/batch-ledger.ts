import { database } from '../database.ts';
import { loadedTableSettings } from '../loaded-table-settings.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * One row a batch that was loaded: which numbers of which producer, and a digest of what they held. It tells a batch that came twice
 * from one that is new, and whether the books of a producer balance, without reading the events.
 */
export const createBatchLedger = `
CREATE TABLE IF NOT EXISTS ${database}.batch_ledger
(
    producer_id FixedString(16),
    first_seq UInt64,
    last_seq UInt64,
    event_count UInt32,
    dropped_range_count UInt32,
    content_digest UInt64,
    received_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    collector_id LowCardinality(String),
    product LowCardinality(String),
    day Date
)
${tableEngine('MergeTree')}
PARTITION BY toYYYYMM(day)
ORDER BY (producer_id, first_seq)
SETTINGS ${loadedTableSettings}`;
