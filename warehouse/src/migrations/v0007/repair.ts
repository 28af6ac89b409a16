import { database } from '../database.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * What audits have changed, for ever: one row when a change is about to be made, one more when it was. A change that has only the first was
 * cut short; running the audit again ends it.
 *
 * - `day`: of receiving for raw rows, the ledger and drops; of the event for rollups.
 * - `rows`: how many are taken out or put in.
 */
export const createRepair = `
CREATE TABLE IF NOT EXISTS ${database}.repair
(
    time DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC'),
    repair_id String,
    audit_id String,
    state Enum8('begun' = 1, 'done' = 2),
    action LowCardinality(String),
    day Date,
    product LowCardinality(String),
    rows UInt64,
    done_by String
)
${tableEngine('MergeTree')}
ORDER BY (time, repair_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;
