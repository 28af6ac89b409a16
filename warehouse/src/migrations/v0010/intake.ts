import { database } from '../database.ts';

/**
 * As in `v0005/intake.ts`, but for the payloads:
 *
 * - Of a feature use, which most events are, the fields are columns of their own, one value an event. As an array of none or one it cost an
 *   offset, a search for its last element and the names of the features as text, to be looked up in a dictionary once more: 0.2 of 2.4 CPU-s a million
 *   events. An absent one has the defaults. A feature use has a feature (the protocol requires it), so it can be told from an absent one.
 * - The others stay arrays: filling in five more sets of defaults costs more than their offsets. Their texts are plain, since the engine's
 *   functions on arrays take the dictionary away, and it is made anew for `events`.
 *
 * Of several occurrences the last one wins here, too: the reader replaces the value of a row.
 */
export const createIntake = intake('');

/** The same, closed: loads fail as a whole, and are tried again. */
export const createClosedIntake = intake(',\n    CONSTRAINT closed CHECK 0');

function intake(constraint: string): string {
  return `
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
    \`events.feature_use.feature\` Array(LowCardinality(String)),
    \`events.feature_use.outcome\` Array(Int64),
    \`events.feature_use.duration_us\` Array(UInt64),
    \`events.feature_use.count\` Array(UInt64),
    \`events.fault\` Array(Array(Tuple(
        type String, message String, stack String, fingerprint String, severity Int64,
        feature String))),
    \`events.performance\` Array(Array(Tuple(
        metric String, value Float64, unit String))),
    \`events.session_start\` Array(Array(Tuple(
        first_run UInt64, trigger String))),
    \`events.session_end\` Array(Array(Tuple(
        duration_us UInt64, active_us UInt64, reason Int64))),
    \`events.project_activity\` Array(Array(Tuple(
        project_id String, action Int64, project_type String, item_count UInt64))),
    \`events.properties\` Array(Map(String, String)),
    \`events.measurements\` Array(Map(String, Float64)),
    \`dropped.first_seq\` Array(UInt64),
    \`dropped.last_seq\` Array(UInt64),
    \`dropped.reason\` Array(Int64),
    \`dropped.blacklist_version\` Array(UInt64),
    \`received_time_unix_us\` Int64,
    \`collector_id\` LowCardinality(String),
    \`content_digest\` UInt64${constraint}
)
ENGINE = Null`;
}
