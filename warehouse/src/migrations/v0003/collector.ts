import { database } from '../database.ts';
import { tableEngine } from '../table-engine.ts';

/** The collectors that load into this warehouse. One that is alone need not ask whether another has loaded a batch already. */
export const createCollector = `
CREATE TABLE IF NOT EXISTS ${database}.collector
(
    collector_id String,
    registered_time DateTime64(6, 'UTC')
)
${tableEngine('MergeTree')}
ORDER BY collector_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;
