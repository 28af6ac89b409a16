import { database } from '../database.ts';

/**
 * Batches as columns, which the collector makes: the engine decodes nothing. A row is a batch, and a column a field, by its path.
 *
 * - The fields of all payloads are columns, one value an event, with the types of `events`: nothing is converted, and what is absent has the default. As arrays
 *   of none or one, as in `intake`, each kind cost eight bytes an event, and looking for its last element.
 * - `events.kind`: which payload an event has, by its place in the `oneof`; 0 for none.
 * - `event_counts`, `feature_counts`: what the rollups need, counted for each batch: events by name, day and tier; uses by feature and day. So the engine groups
 *   some tens of rows a batch, and not a thousand.
 * - `day`: whole days since 1970. `uses`: the sum of the counts, of which one that is not set counts as 1.
 */
export const createColumnIntake = `
CREATE TABLE IF NOT EXISTS ${database}.intake_columns
(
    \`producer_id\` String,
    \`core.user.id\` LowCardinality(String),
    \`core.user.hash_key_id\` LowCardinality(String),
    \`core.machine.id\` LowCardinality(String),
    \`core.machine.architecture\` LowCardinality(String),
    \`core.machine.logical_processors\` UInt32,
    \`core.machine.memory_bytes\` UInt64,
    \`core.machine.locale\` LowCardinality(String),
    \`core.operating_system.name\` LowCardinality(String),
    \`core.operating_system.version\` LowCardinality(String),
    \`core.product.name\` LowCardinality(String),
    \`core.product.version\` LowCardinality(String),
    \`core.product.release_channel\` LowCardinality(String),
    \`core.session.id\` LowCardinality(String),
    \`core.session.start_time_unix_us\` Int64,
    \`core.audience\` Int32,
    \`events.seq\` Array(UInt64),
    \`events.time_unix_us\` Array(Int64),
    \`events.name\` Array(LowCardinality(String)),
    \`events.tier\` Array(Int32),
    \`events.kind\` Array(Int8),
    \`events.feature_use.feature\` Array(LowCardinality(String)),
    \`events.feature_use.outcome\` Array(Int32),
    \`events.feature_use.duration_us\` Array(UInt64),
    \`events.feature_use.count\` Array(UInt32),
    \`events.fault.type\` Array(LowCardinality(String)),
    \`events.fault.message\` Array(String),
    \`events.fault.stack\` Array(String),
    \`events.fault.fingerprint\` Array(String),
    \`events.fault.severity\` Array(Int32),
    \`events.fault.feature\` Array(LowCardinality(String)),
    \`events.performance.metric\` Array(LowCardinality(String)),
    \`events.performance.value\` Array(Float64),
    \`events.performance.unit\` Array(LowCardinality(String)),
    \`events.session_start.first_run\` Array(UInt64),
    \`events.session_start.trigger\` Array(LowCardinality(String)),
    \`events.session_end.duration_us\` Array(UInt64),
    \`events.session_end.active_us\` Array(UInt64),
    \`events.session_end.reason\` Array(Int32),
    \`events.project_activity.project_id\` Array(String),
    \`events.project_activity.action\` Array(Int32),
    \`events.project_activity.project_type\` Array(LowCardinality(String)),
    \`events.project_activity.item_count\` Array(UInt64),
    \`events.properties\` Array(Map(String, String)),
    \`events.measurements\` Array(Map(String, Float64)),
    \`dropped.first_seq\` Array(UInt64),
    \`dropped.last_seq\` Array(UInt64),
    \`dropped.reason\` Array(Int32),
    \`dropped.blacklist_version\` Array(UInt64),
    \`received_time_unix_us\` Int64,
    \`collector_id\` LowCardinality(String),
    \`content_digest\` UInt64,
    \`event_counts.name\` Array(LowCardinality(String)),
    \`event_counts.day\` Array(Int64),
    \`event_counts.tier\` Array(Int32),
    \`event_counts.events\` Array(UInt64),
    \`feature_counts.feature\` Array(LowCardinality(String)),
    \`feature_counts.day\` Array(Int64),
    \`feature_counts.uses\` Array(UInt64),
    \`feature_counts.events\` Array(UInt64)
)
ENGINE = Null`;

/** Reads columns as `intake_columns` does and feeds no view: what it cannot read, that cannot. */
export const createColumnProbe = `CREATE TABLE IF NOT EXISTS ${database}.intake_columns_probe AS ${database}.intake_columns ENGINE = Null`;
