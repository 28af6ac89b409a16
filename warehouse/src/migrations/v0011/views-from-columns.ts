import { database } from '../database.ts';
import { safeDay, safeProducerId, safeTime, userKey } from '../v0001/safe-expressions.ts';
import { textKey } from '../v0010/text-key.ts';

const US_PER_DAY = 86_400_000_000;
/** Of whole days since 1970. */
const day = safeDay(`day_number * ${US_PER_DAY}`);

/** As in `v0010/events-from-intake.ts`, with nothing to look for in payloads. */
export const createEventsFromColumns = `
CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.events_from_columns TO ${database}.events AS
SELECT
    product, name, ${safeTime('time_unix_us')} AS time, user_id, user_hash_key,
    machine_id, machine_architecture, machine_logical_processors, machine_memory_bytes, machine_locale,
    os_name, os_version, product_version, release_channel, session_id, session_start_time, audience_code, tier_code, kind,
    feature, use_outcome_code, use_duration_us, use_count,
    fault_type, fault_message, fault_stack, fault_fingerprint, fault_severity_code, fault_feature,
    metric, metric_value, metric_unit,
    first_run != 0 AS session_first_run, session_trigger,
    session_duration_us, session_active_us, session_end_reason_code,
    project_id, project_action_code, project_type, project_item_count,
    properties, measurements, producer_id, seq, received_time, collector_id,
    multiIf(tier_code = 2, 2, tier_code = 3, 3, 1)::Int8 AS retention
FROM
(
    SELECT
        core.product.name AS product,
        core.user.id AS user_id,
        core.user.hash_key_id AS user_hash_key,
        core.machine.id AS machine_id,
        core.machine.architecture AS machine_architecture,
        core.machine.logical_processors AS machine_logical_processors,
        core.machine.memory_bytes AS machine_memory_bytes,
        core.machine.locale AS machine_locale,
        core.operating_system.name AS os_name,
        core.operating_system.version AS os_version,
        core.product.version AS product_version,
        core.product.release_channel AS release_channel,
        core.session.id AS session_id,
        ${safeTime('core.session.start_time_unix_us')} AS session_start_time,
        core.audience AS audience_code,
        ${safeProducerId('producer_id')} AS producer_id,
        ${safeTime('received_time_unix_us')} AS received_time,
        collector_id,
        events.seq, events.time_unix_us, events.name, events.tier, events.kind,
        events.feature_use.feature, events.feature_use.outcome, events.feature_use.duration_us, events.feature_use.count,
        events.fault.type, events.fault.message, events.fault.stack, events.fault.fingerprint, events.fault.severity, events.fault.feature,
        events.performance.metric, events.performance.value, events.performance.unit,
        events.session_start.first_run, events.session_start.trigger,
        events.session_end.duration_us, events.session_end.active_us, events.session_end.reason,
        events.project_activity.project_id, events.project_activity.action, events.project_activity.project_type,
        events.project_activity.item_count, events.properties, events.measurements
    FROM ${database}.intake_columns
)
ARRAY JOIN
    events.seq AS seq, events.time_unix_us AS time_unix_us, events.name AS name, events.tier AS tier_code, events.kind AS kind,
    events.feature_use.feature AS feature, events.feature_use.outcome AS use_outcome_code,
    events.feature_use.duration_us AS use_duration_us, events.feature_use.count AS use_count,
    events.fault.type AS fault_type, events.fault.message AS fault_message, events.fault.stack AS fault_stack,
    events.fault.fingerprint AS fault_fingerprint, events.fault.severity AS fault_severity_code, events.fault.feature AS fault_feature,
    events.performance.metric AS metric, events.performance.value AS metric_value, events.performance.unit AS metric_unit,
    events.session_start.first_run AS first_run, events.session_start.trigger AS session_trigger,
    events.session_end.duration_us AS session_duration_us, events.session_end.active_us AS session_active_us,
    events.session_end.reason AS session_end_reason_code,
    events.project_activity.project_id AS project_id, events.project_activity.action AS project_action_code,
    events.project_activity.project_type AS project_type, events.project_activity.item_count AS project_item_count,
    events.properties AS properties, events.measurements AS measurements`;

/** As in `v0001/dropped-from-intake.ts`. */
export const createDroppedFromColumns = `
CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.dropped_from_columns TO ${database}.dropped AS
SELECT
    ${safeProducerId('producer_id')} AS producer_id,
    first_seq, last_seq, reason_code, blacklist_version,
    core.product.name AS product,
    ${safeTime('received_time_unix_us')} AS received_time,
    collector_id
FROM ${database}.intake_columns
ARRAY JOIN
    dropped.first_seq AS first_seq, dropped.last_seq AS last_seq, dropped.reason AS reason_code,
    dropped.blacklist_version AS blacklist_version`;

/** As in `v0010/event-day-from-intake.ts`, of counts in place of events. */
export const createEventDayFromColumns = `
CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.event_day_from_columns TO ${database}.event_day AS
SELECT
    any(product_of_batch) AS product, any(name_of_event) AS name, ${day} AS day, any(audience) AS audience_code,
    tier_code, any(version_of_batch) AS product_version, sum(count_of_events) AS events
FROM
(
    SELECT
        ${textKey('core.product.name', 'core.product.version', 'core.audience')} AS batch_key,
        core.product.name AS product_of_batch, core.product.version AS version_of_batch, core.audience AS audience,
        event_counts.name, event_counts.day, event_counts.tier, event_counts.events
    FROM ${database}.intake_columns
)
ARRAY JOIN
    event_counts.name AS name_of_event, event_counts.day AS day_number, event_counts.tier AS tier_code, event_counts.events AS count_of_events
GROUP BY batch_key + ${textKey('name_of_event')}, day, tier_code`;

/** As in `v0010/feature-day-from-intake.ts`, of counts in place of events. */
export const createFeatureDayFromColumns = `
CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.feature_day_from_columns TO ${database}.feature_day AS
SELECT
    any(product_of_batch) AS product, any(feature_of_event) AS feature, ${day} AS day,
    sum(count_of_events) AS events, sum(count_of_uses) AS uses, uniqExactStateIf(user_key, has_user) AS users
FROM
(
    SELECT
        ${textKey('core.product.name')} AS batch_key, core.product.name AS product_of_batch, notEmpty(core.user.id) AS has_user,
        ${userKey('core.user.hash_key_id', 'core.user.id')} AS user_key,
        feature_counts.feature, feature_counts.day, feature_counts.uses, feature_counts.events
    FROM ${database}.intake_columns
)
ARRAY JOIN
    feature_counts.feature AS feature_of_event, feature_counts.day AS day_number, feature_counts.uses AS count_of_uses,
    feature_counts.events AS count_of_events
GROUP BY batch_key + ${textKey('feature_of_event')}, day`;
