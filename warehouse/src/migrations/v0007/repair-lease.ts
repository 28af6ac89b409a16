import { database } from '../database.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * Who holds up loads, and until when: collectors begin none while a lease stands. Rows are only added. A lease is what its rows say
 * together: it ends at the latest `expire_time`, or when a row says that it was given back.
 *
 * - times: by the clock of the warehouse, the one that all share.
 */
export const createRepairLease = `
CREATE TABLE IF NOT EXISTS ${database}.repair_lease
(
    lease_id String,
    held_by String,
    purpose String,
    write_time DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    expire_time DateTime64(6, 'UTC'),
    is_released Bool
)
${tableEngine('MergeTree')}
ORDER BY (lease_id, write_time)
TTL toDateTime(write_time, 'UTC') + INTERVAL 30 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;
