import { database } from './database.ts';
import { tableEngine } from './table-engine.ts';

/** Which migrations the database has. Made before the first of them. */
export const createMigrationTable = `
CREATE TABLE IF NOT EXISTS ${database}.migration
(
    version UInt32,
    name String,
    checksum String,
    applied_time DateTime64(3, 'UTC')
)
${tableEngine('MergeTree')}
ORDER BY version
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1`;

/** One row a version; two processes that started together may both have written it, with the same checksum. */
export const selectMigrations = `
SELECT version, any(name) AS name, groupUniqArray(checksum) AS checksums
FROM ${database}.migration GROUP BY version ORDER BY version`;
