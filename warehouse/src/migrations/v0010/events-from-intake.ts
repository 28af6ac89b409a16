import { database } from '../database.ts';
import { safeProducerId, safeTime } from '../v0001/safe-expressions.ts';

/** As in `v0001/events-from-intake.ts`, with the fields of a feature use as they are in `v0010/intake.ts`. */
export const flattenEvents = `
ALTER TABLE ${database}.events_from_intake MODIFY QUERY
SELECT
    product, name, ${safeTime('time_unix_us')} AS time, user_id, user_hash_key,
    machine_id, machine_architecture, machine_logical_processors, machine_memory_bytes, machine_locale,
    os_name, os_version, product_version, release_channel, session_id, session_start_time, audience_code, tier::Int32 AS tier_code,
    multiIf(notEmpty(feature), 1, notEmpty(fault), 2, notEmpty(performance), 3, notEmpty(session_start), 4,
        notEmpty(session_end), 5, notEmpty(project_activity), 6, 0)::Int8 AS kind,
    feature, outcome::Int32 AS use_outcome_code, duration_us AS use_duration_us, count::UInt32 AS use_count,
    fault[-1].type AS fault_type,
    fault[-1].message AS fault_message,
    fault[-1].stack AS fault_stack,
    fault[-1].fingerprint AS fault_fingerprint,
    fault[-1].severity::Int32 AS fault_severity_code,
    fault[-1].feature AS fault_feature,
    performance[-1].metric AS metric,
    performance[-1].value AS metric_value,
    performance[-1].unit AS metric_unit,
    session_start[-1].first_run != 0 AS session_first_run,
    session_start[-1].trigger AS session_trigger,
    session_end[-1].duration_us AS session_duration_us,
    session_end[-1].active_us AS session_active_us,
    session_end[-1].reason::Int32 AS session_end_reason_code,
    project_activity[-1].project_id AS project_id,
    project_activity[-1].action::Int32 AS project_action_code,
    project_activity[-1].project_type AS project_type,
    project_activity[-1].item_count AS project_item_count,
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
        core.machine.logical_processors::UInt32 AS machine_logical_processors,
        core.machine.memory_bytes AS machine_memory_bytes,
        core.machine.locale AS machine_locale,
        core.operating_system.name AS os_name,
        core.operating_system.version AS os_version,
        core.product.version AS product_version,
        core.product.release_channel AS release_channel,
        core.session.id AS session_id,
        ${safeTime('core.session.start_time_unix_us')} AS session_start_time,
        core.audience::Int32 AS audience_code,
        ${safeProducerId('producer_id')} AS producer_id,
        ${safeTime('received_time_unix_us')} AS received_time,
        collector_id,
        events.seq, events.time_unix_us, events.name, events.tier, events.feature_use.feature,
        events.feature_use.outcome, events.feature_use.duration_us, events.feature_use.count, events.fault, events.performance,
        events.session_start, events.session_end, events.project_activity, events.properties, events.measurements
    FROM ${database}.intake
)
ARRAY JOIN
    events.seq AS seq, events.time_unix_us AS time_unix_us, events.name AS name, events.tier AS tier,
    events.feature_use.feature AS feature, events.feature_use.outcome AS outcome, events.feature_use.duration_us AS duration_us,
    events.feature_use.count AS count, events.fault AS fault, events.performance AS performance,
    events.session_start AS session_start, events.session_end AS session_end, events.project_activity AS project_activity,
    events.properties AS properties, events.measurements AS measurements`;
