import { database } from '../database.ts';
import { loadedTableSettings } from '../loaded-table-settings.ts';
import { tableEngine } from '../table-engine.ts';
import { enumNameAlias } from './enum-name-alias.ts';
import { retentionDays } from './retention.ts';

/**
 * One row an event, all parts of the common schema flattened. The key is (`producer_id`, `seq`).
 *
 * - Sorted by product, name and day: that is what questions filter by. Not by user within them, as one might: rows arrive batch by batch,
 *   so those of a user lie together as it is, while sorting by user made a load a quarter dearer, merges twice as dear (parts that
 *   interleave are compared row by row) and the rows no smaller (20.1 bytes against 19.5).
 * - Partitioned by when a row was received and how long it is kept, never by when the event happened: history of fifty years can
 *   arrive in one segment, and an insert into more than 100 partitions is refused, while receive times of a segment lie within
 *   seconds: any mix touches at most 6. Retention drops whole partitions; diagnostic rows, kept for days, get one a day. The
 *   minmax index on `time` gives back what partitioning by event time would have pruned.
 * - Enums are kept as numbers, whatever number a newer client sends; the column without `_code` is their name, computed on reading.
 * - A row whose receive time is not one (before 2020: no collector set it) is kept as if it had come in 2090.
 * - Parts below 64 MiB, which loads make, are compact (few files to sync), merged ones wide, which merges by column and packs better.
 */
export const createEvents = `
CREATE TABLE IF NOT EXISTS ${database}.events
(
    product LowCardinality(String),
    name LowCardinality(String),
    time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    user_hash_key LowCardinality(String),
    machine_id String CODEC(ZSTD(1)),
    machine_architecture LowCardinality(String),
    machine_logical_processors UInt32,
    machine_memory_bytes UInt64,
    machine_locale LowCardinality(String),
    os_name LowCardinality(String),
    os_version LowCardinality(String),
    product_version LowCardinality(String),
    release_channel LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
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
    properties Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    measurements Map(LowCardinality(String), Float64) CODEC(ZSTD(1)),
    producer_id FixedString(16) CODEC(ZSTD(1)),
    seq UInt64 CODEC(Delta, ZSTD(1)),
    received_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    collector_id LowCardinality(String),
    retention Enum8('standard' = 1, 'diagnostic' = 2, 'long' = 3),
    INDEX time_range time TYPE minmax GRANULARITY 1
)
${tableEngine('MergeTree')}
PARTITION BY (retention, if(retention = 'diagnostic', toYYYYMMDD(received_time), toYYYYMM(received_time)))
ORDER BY (product, name, toDate(time))
TTL if(received_time BETWEEN '2020-01-01 00:00:00' AND '2090-01-01 00:00:00', toDateTime(received_time), toDateTime('2090-01-01 00:00:00', 'UTC'))
    + toIntervalDay(multiIf(
        retention = 'diagnostic', ${retentionDays.diagnostic}, retention = 'long', ${retentionDays.long}, ${retentionDays.standard}))
SETTINGS ttl_only_drop_parts = 1, min_bytes_for_wide_part = 67108864, ${loadedTableSettings}`;
