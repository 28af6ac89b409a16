import { database } from '../database.ts';
import { safeDay, userKey } from './safe-expressions.ts';

/** Counts feature uses by day. A use that stands for 0 uses stands for 1, as the protocol says. */
export const createFeatureDayFromIntake = `
CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.feature_day_from_intake TO ${database}.feature_day AS
SELECT
    product, feature_use[-1].feature AS feature, ${safeDay('time_unix_us')} AS day,
    count() AS events, sum(greatest(feature_use[-1].count::UInt32, 1)) AS uses, uniqExactStateIf(user_key, has_user) AS users
FROM
(
    SELECT
        core.product.name AS product, notEmpty(core.user.id) AS has_user,
        ${userKey('core.user.hash_key_id', 'core.user.id')} AS user_key,
        events.feature_use, events.time_unix_us
    FROM ${database}.intake
)
ARRAY JOIN events.feature_use AS feature_use, events.time_unix_us AS time_unix_us
WHERE notEmpty(feature_use)
GROUP BY product, feature, day`;
