import { database } from '../database.ts';
import { safeDay, userKey } from './safe-expressions.ts';

export const createFeatureUserDayFromIntake = `
CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.feature_user_day_from_intake TO ${database}.feature_user_day AS
SELECT
    product, feature_use[-1].feature AS feature, ${safeDay('time_unix_us')} AS day, user_key,
    count() AS events, sum(greatest(feature_use[-1].count, 1)) AS uses
FROM
(
    SELECT
        core.product.name AS product, ${userKey('core.user.hash_key_id', 'core.user.id')} AS user_key,
        events.feature_use, events.time_unix_us
    FROM ${database}.intake
)
ARRAY JOIN events.feature_use AS feature_use, events.time_unix_us AS time_unix_us
WHERE notEmpty(feature_use)
GROUP BY product, feature, day, user_key`;
