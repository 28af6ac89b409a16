import { database } from '../database.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * Every change of the blacklist, for ever. The list is what was added less what was removed, whatever the order, and its version the
 * number of changes: both only grow with the rows, so that collectors write at the same time without a lock.
 *
 * - `time`: by the clock of the warehouse, the one that all collectors share.
 * - `added.entry`: a `BlacklistEntry` in the JSON of protobuf, so that a condition of a later version needs no column.
 * - `version_offset`: added to the number of changes. A collector that knows a higher version than the warehouse does, which was
 *   restored from a backup, sets it, so that the version never goes back.
 */
export const createBlacklistChange = `
CREATE TABLE IF NOT EXISTS ${database}.blacklist_change
(
    change_id String,
    time DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    changed_by String,
    reason String,
    added Nested(id String, entry String),
    removed_ids Array(String),
    version_offset UInt64
)
${tableEngine('MergeTree')}
ORDER BY (time, change_id)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1`;
