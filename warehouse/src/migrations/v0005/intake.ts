import { database } from '../database.ts';

/**
 * Takes `intake` away, and waits for the loads that are on their way: no row can be written to a table while it is moved. Loads that come
 * meanwhile fail with UNKNOWN_TABLE, and are tried again.
 */
export const dropIntake = `DROP TABLE IF EXISTS ${database}.intake SYNC`;

/**
 * As in `v0001/intake.ts`, with the ids of user, machine and session as LowCardinality: a batch has one of each, so that flattening, splitting
 * and sorting move a small number per event in place of a text.
 */
export const createIntake = `
CREATE TABLE IF NOT EXISTS ${database}.intake
(
    \`producer_id\` String,
    \`core.user.id\` LowCardinality(String),
    \`core.user.hash_key_id\` LowCardinality(String),
    \`core.machine.id\` LowCardinality(String),
    \`core.machine.architecture\` LowCardinality(String),
    \`core.machine.logical_processors\` UInt64,
    \`core.machine.memory_bytes\` UInt64,
    \`core.machine.locale\` LowCardinality(String),
    \`core.operating_system.name\` LowCardinality(String),
    \`core.operating_system.version\` LowCardinality(String),
    \`core.product.name\` LowCardinality(String),
    \`core.product.version\` LowCardinality(String),
    \`core.product.release_channel\` LowCardinality(String),
    \`core.session.id\` LowCardinality(String),
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
