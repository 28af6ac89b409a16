import { database } from '../database.ts';
import { safeDay, userKey } from '../v0001/safe-expressions.ts';
import { textKey } from './text-key.ts';

/** As in `v0001/feature-day-from-intake.ts`, with a key of fixed width, see `event-day-from-intake.ts`. */
export const countFeatures = `
ALTER TABLE ${database}.feature_day_from_intake MODIFY QUERY
SELECT
    any(product_of_batch) AS product, any(feature_of_event) AS feature, ${safeDay('time_unix_us')} AS day,
    count() AS events, sum(greatest(use_count::UInt32, 1)) AS uses, uniqExactStateIf(user_key, has_user) AS users
FROM
(
    SELECT
        ${textKey('core.product.name')} AS batch_key, core.product.name AS product_of_batch, notEmpty(core.user.id) AS has_user,
        ${userKey('core.user.hash_key_id', 'core.user.id')} AS user_key,
        events.feature_use.feature, events.feature_use.count, events.time_unix_us
    FROM ${database}.intake
)
ARRAY JOIN events.feature_use.feature AS feature_of_event, events.feature_use.count AS use_count, events.time_unix_us AS time_unix_us
WHERE notEmpty(feature_of_event)
GROUP BY batch_key + ${textKey('feature_of_event')}, day`;
