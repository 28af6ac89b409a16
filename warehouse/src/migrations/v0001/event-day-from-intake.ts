import { database } from '../database.ts';
import { safeDay } from './safe-expressions.ts';

/**
 * Counts events by name and day. All views read `intake` and none another view's target: reading from `events` cost the same CPU
 * (measured), and this way a repair of one table does not change the others.
 */
export const createEventDayFromIntake = `
CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.event_day_from_intake TO ${database}.event_day AS
SELECT
    core.product.name AS product, name, ${safeDay('time_unix_us')} AS day, core.audience::Int32 AS audience_code, tier::Int32 AS tier_code,
    core.product.version AS product_version, count() AS events
FROM ${database}.intake
ARRAY JOIN events.name AS name, events.time_unix_us AS time_unix_us, events.tier AS tier
GROUP BY product, name, day, audience_code, tier_code, product_version`;
