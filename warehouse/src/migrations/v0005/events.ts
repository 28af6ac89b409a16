import { database } from '../database.ts';
import { loadedTableSettings } from '../loaded-table-settings.ts';
import { tableEngine } from '../table-engine.ts';
import { enumNameAlias } from '../v0001/enum-name-alias.ts';
import { retentionDays } from '../v0001/retention.ts';

/**
 * When a row expires: its days are counted from the end of the month in which it was received, so that all rows of a month and a class go
 * at once. A row whose receive time is not one (before 2020: no collector set it) is kept as if it had come in 2090.
 */
const expiry = `toStartOfMonth(if(received_time BETWEEN '2020-01-01 00:00:00' AND '2090-01-01 00:00:00',
        toDate(received_time), toDate('2090-01-01'))) + toIntervalMonth(1) + toIntervalDay(multiIf(
        retention = 'diagnostic', ${retentionDays.diagnostic}, retention = 'long', ${retentionDays.long}, ${retentionDays.standard}))`;

/**
 * One row an event, as in `v0001/events.ts`, laid out so that loading and merging cost less. Figures are CPU-s a million events, the best
 * of one to three runs on a busy machine; batches of 1,000 events, 400 to a load.
 *
 * - Partitioned by the month of receiving alone. Splitting every load by retention class copied all columns once more: 0.4 of 1.9, and a
 *   WHERE in a view for each class saves a third of that at most. So a month holds all classes, and expired rows leave it by a merge that rewrites the
 *   part, once for a class; a part of which all rows have expired is dropped as it is.
 * - `user_id`, `machine_id` and `session_id` are LowCardinality: 2.4 to 1.9, and with batches of 5 events 5.0 to 3.9, merges included.
 * - Parts of a load are compact (few files to sync), merged ones wide whatever their size: only those merge column by column, runs of rows at
 *   a time, rather than row by row. A merge costs 0.5 instead of 1.7.
 * - Granules of up to 64 Ki rows (or 10 MB): each is compressed and marked for each of the 50 columns by itself. Loads 0.1 to 0.2 cheaper,
 *   merges by a third, and what is loaded takes 40 % less room. A question reads at least so many rows of a column.
 * - 16 parts make a merge, not 8: a row is rewritten once for a factor of sixteen in size.
 *
 * Replaces the table in one statement that leaves either the old or the new one, whole. `intake` must be away, see there.
 */
export const replaceEvents = `
CREATE OR REPLACE TABLE ${database}.events
(
    product LowCardinality(String),
    name LowCardinality(String),
    time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    user_id LowCardinality(String),
    user_hash_key LowCardinality(String),
    machine_id LowCardinality(String),
    machine_architecture LowCardinality(String),
    machine_logical_processors UInt32,
    machine_memory_bytes UInt64,
    machine_locale LowCardinality(String),
    os_name LowCardinality(String),
    os_version LowCardinality(String),
    product_version LowCardinality(String),
    release_channel LowCardinality(String),
    session_id LowCardinality(String),
    session_start_time DateTime64(6, 'UTC') CODEC(ZSTD(1)),
    audience_code Int32,
    ${enumNameAlias('audience', ['unspecified', 'internal', 'external'])},
    tier_code Int32,
    ${enumNameAlias('tier', ['unspecified', 'standard', 'diagnostic', 'long'])},
    kind Enum8('none' = 0, 'feature_use' = 1, 'fault' = 2, 'performance' = 3, 'session_start' = 4, 'session_end' = 5,
        'project_activity' = 6),
    feature LowCardinality(String),
    use_outcome_code Int32,
    ${enumNameAlias('use_outcome', ['unspecified', 'success', 'failure', 'cancelled'])},
    use_duration_us UInt64,
    use_count UInt32,
    fault_type LowCardinality(String),
    fault_message String CODEC(ZSTD(1)),
    fault_stack String CODEC(ZSTD(1)),
    fault_fingerprint String CODEC(ZSTD(1)),
    fault_severity_code Int32,
    ${enumNameAlias('fault_severity', ['unspecified', 'warning', 'error', 'crash'])},
    fault_feature LowCardinality(String),
    metric LowCardinality(String),
    metric_value Float64 CODEC(ZSTD(1)),
    metric_unit LowCardinality(String),
    session_first_run Bool,
    session_trigger LowCardinality(String),
    session_duration_us UInt64,
    session_active_us UInt64,
    session_end_reason_code Int32,
    ${enumNameAlias('session_end_reason', ['unspecified', 'closed', 'crashed', 'timed_out'])},
    project_id String CODEC(ZSTD(1)),
    project_action_code Int32,
    ${enumNameAlias('project_action', ['unspecified', 'created', 'opened', 'saved', 'built', 'closed'])},
    project_type LowCardinality(String),
    project_item_count UInt64,
    properties Map(String, String) CODEC(ZSTD(1)),
    measurements Map(String, Float64) CODEC(ZSTD(1)),
    producer_id FixedString(16) CODEC(ZSTD(1)),
    seq UInt64 CODEC(Delta, ZSTD(1)),
    received_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    collector_id LowCardinality(String),
    retention Enum8('standard' = 1, 'diagnostic' = 2, 'long' = 3),
    INDEX time_range time TYPE minmax GRANULARITY 1
)
${tableEngine('MergeTree')}
PARTITION BY toYYYYMM(received_time)
ORDER BY (product, name, toDate(time))
TTL ${expiry}
SETTINGS index_granularity = 65536, min_level_for_wide_part = 1, min_bytes_for_wide_part = 1,
    ${loadedTableSettings.replace('min_parts_to_merge_at_once = 8', 'min_parts_to_merge_at_once = 16')}
AS SELECT * FROM ${database}.events`;
