import { database } from '../database.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * Batches that were acknowledged and are not stored, one row each: the engine could not read them, or another collector had taken the same
 * numbers with other content. The collector keeps their bytes in the file of its quarantine folder that is named here.
 *
 * - `in_ledger`: whether the ledger has announced the batch, so that the books balance: ledger = stored + rejected.
 */
export const createRejected = `
CREATE TABLE IF NOT EXISTS ${database}.rejected
(
    time DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    collector_id LowCardinality(String),
    segment_id String,
    producer_hex String,
    producer_id FixedString(16) MATERIALIZED toFixedString(unhex(producer_hex), 16),
    first_seq UInt64,
    last_seq UInt64,
    event_count UInt32,
    content_digest UInt64,
    product LowCardinality(String),
    day Date,
    reason Enum8('unreadable' = 1, 'sequence_conflict' = 2),
    message String CODEC(ZSTD(1)),
    file String,
    in_ledger Bool
)
${tableEngine('MergeTree')}
PARTITION BY toYYYYMM(day)
ORDER BY (producer_hex, first_seq)
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1`;
