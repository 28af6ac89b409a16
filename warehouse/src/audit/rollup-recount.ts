import { database } from '../migrations/database.ts';
import { userKey } from '../migrations/v0001/safe-expressions.ts';

/** A rollup by day and product. */
export type RollupName = 'event_day' | 'feature_day';

/** Raw events that happened on a day; both conditions, the first for the sorting key, the second for the index on `time`. */
export const happened = `toDate(time) = {day:Date} AND time >= toDateTime64({day:Date}, 6, 'UTC') AND time < toDateTime64({day:Date} + 1, 6, 'UTC')
  AND product = {product:String}`;

/** Columns of the rollups, the counts last, in the order of their recounts. */
export const rollupColumns: Readonly<Record<RollupName, string>> = {
  event_day: 'product, name, day, audience_code, tier_code, product_version, events',
  feature_day: 'product, feature, day, events, uses, users',
};

/** Selects what the rows of a rollup must be, from the raw events: of a day and a product. */
export const rollupRecounts: Readonly<Record<RollupName, string>> = {
  event_day: `
    SELECT product, name, {day:Date} AS day, audience_code, tier_code, product_version, count() AS events
    FROM ${database}.events WHERE ${happened}
    GROUP BY product, name, audience_code, tier_code, product_version`,
  feature_day: `
    SELECT product, feature, {day:Date} AS day, count() AS events, sum(greatest(use_count, 1)) AS uses,
      uniqExactStateIf(${userKey('user_hash_key', 'user_id')}, notEmpty(user_id)) AS users
    FROM ${database}.events WHERE ${happened} AND kind = 'feature_use'
    GROUP BY product, feature`,
};
