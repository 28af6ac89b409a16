import { database } from '../database.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * Rows that a repair takes out, by where they lie. A mutation reads them here, also when it goes on after a crash. A part that was merged
 * since has another name, so that no other row can be meant.
 */
export const createRepairRow = `
CREATE TABLE IF NOT EXISTS ${database}.repair_row
(
    repair_id String,
    part String,
    part_offset UInt64,
    write_time DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
${tableEngine('MergeTree')}
ORDER BY (repair_id, part, part_offset)
TTL toDateTime(write_time, 'UTC') + INTERVAL 30 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;
