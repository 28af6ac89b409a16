import { database } from '../database.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * Which collector is about to load a batch that another one may have as well. The row of the highest \`version\` counts for a batch and
 * collector; a claim that was given up is a row with \`is_active\` 0. Only batches that may exist twice come here.
 */
export const createBatchClaim = `
CREATE TABLE IF NOT EXISTS ${database}.batch_claim
(
    producer_hex String,
    content_digest UInt64,
    collector_id String,
    segment_id String,
    ranges Array(Tuple(UInt64, UInt64)),
    is_active UInt8,
    version UInt64
)
${tableEngine('MergeTree')}
ORDER BY (producer_hex, content_digest, collector_id)
TTL toDateTime(intDiv(version, 1000000), 'UTC') + INTERVAL 30 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;
