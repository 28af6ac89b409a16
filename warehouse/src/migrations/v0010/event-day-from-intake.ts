import { database } from '../database.ts';
import { safeDay } from '../v0001/safe-expressions.ts';
import { textKey } from './text-key.ts';

/**
 * As in `v0001/event-day-from-intake.ts`, with a key of fixed width: grouped by the texts themselves, the engine writes them all down for each
 * event. The texts of a group are those of its first event.
 */
export const countEvents = `
ALTER TABLE ${database}.event_day_from_intake MODIFY QUERY
SELECT
    any(product_of_batch) AS product, any(name_of_event) AS name, ${safeDay('time_unix_us')} AS day, any(audience) AS audience_code,
    tier::Int32 AS tier_code, any(version_of_batch) AS product_version, count() AS events
FROM
(
    SELECT
        ${textKey('core.product.name', 'core.product.version', 'core.audience')} AS batch_key,
        core.product.name AS product_of_batch, core.product.version AS version_of_batch, core.audience::Int32 AS audience,
        events.name, events.time_unix_us, events.tier
    FROM ${database}.intake
)
ARRAY JOIN events.name AS name_of_event, events.time_unix_us AS time_unix_us, events.tier AS tier
GROUP BY batch_key + ${textKey('name_of_event')}, day, tier_code`;
