import { database } from '../database.ts';

/**
 * Where batches come in: engine Null, it stores nothing and only feeds the views. Its columns are the fields of `EventBatch`, one column
 * a leaf, named by the path in the message, as the engine's protobuf reader wants it. One row is one batch.
 *
 * - Enums are plain numbers, and numbers of less than 64 bits have 64, see `load-schema.ts`.
 * - The members of `oneof data` are arrays of none or one payload.
 * - `producer_id` and `collector_id` are strings of any length: a FixedString would fail the row that is longer.
 */
export const createIntake = `
CREATE TABLE IF NOT EXISTS ${database}.intake
(
    \`producer_id\` String,
    \`core.user.id\` String,
    \`core.user.hash_key_id\` LowCardinality(String),
    \`core.machine.id\` String,
    \`core.machine.architecture\` LowCardinality(String),
    \`core.machine.logical_processors\` UInt64,
    \`core.machine.memory_bytes\` UInt64,
    \`core.machine.locale\` LowCardinality(String),
    \`core.operating_system.name\` LowCardinality(String),
    \`core.operating_system.version\` LowCardinality(String),
    \`core.product.name\` LowCardinality(String),
    \`core.product.version\` LowCardinality(String),
    \`core.product.release_channel\` LowCardinality(String),
    \`core.session.id\` String,
    \`core.session.start_time_unix_us\` Int64,
    \`core.audience\` Int64,
    \`events.seq\` Array(UInt64),
    \`events.time_unix_us\` Array(Int64),
    \`events.name\` Array(LowCardinality(String)),
    \`events.tier\` Array(Int64),
    \`events.feature_use\` Array(Array(Tuple(
        feature LowCardinality(String), outcome Int64, duration_us UInt64, count UInt64))),
    \`events.fault\` Array(Array(Tuple(
        type LowCardinality(String), message String, stack String, fingerprint String, severity Int64,
        feature LowCardinality(String)))),
    \`events.performance\` Array(Array(Tuple(
        metric LowCardinality(String), value Float64, unit LowCardinality(String)))),
    \`events.session_start\` Array(Array(Tuple(
        first_run UInt64, trigger LowCardinality(String)))),
    \`events.session_end\` Array(Array(Tuple(
        duration_us UInt64, active_us UInt64, reason Int64))),
    \`events.project_activity\` Array(Array(Tuple(
        project_id String, action Int64, project_type LowCardinality(String), item_count UInt64))),
    \`events.properties\` Array(Map(String, String)),
    \`events.measurements\` Array(Map(String, Float64)),
    \`dropped.first_seq\` Array(UInt64),
    \`dropped.last_seq\` Array(UInt64),
    \`dropped.reason\` Array(Int64),
    \`dropped.blacklist_version\` Array(UInt64),
    \`received_time_unix_us\` Int64,
    \`collector_id\` LowCardinality(String),
    \`content_digest\` UInt64
)
ENGINE = Null`;
