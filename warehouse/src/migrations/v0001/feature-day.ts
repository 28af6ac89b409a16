import { database } from '../database.ts';
import { loadedTableSettings } from '../loaded-table-settings.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * How often each feature was used on a day, and by how many, exactly: `users` holds the set of the users' 16-byte keys, so that days,
 * products and segments can be put together without counting anybody twice.
 *
 * Why sets as aggregate states: measured with 989,818 users, 4,698,794 events and 17 features in 50 segments, against a table with one
 * sorted row a user, feature and day, and against counting from `events`:
 *
 * | | CPU-s added to the load, merges included | on disk | feature table read in |
 * |---|---|---|---|
 * | states (this) | 1.9 | 26 MiB | 0.13 s, merged to one part 0.07 s |
 * | a row a user | 6.8 | 33 MiB | 0.18 to 0.37 s |
 * | from `events` | 0 | 0 | 0.73 s, growing with all events |
 *
 * What states cannot do is forget one user: after an erasure in `events` the days concerned are counted anew from there. Who used a
 * feature is a question for `events`, too.
 */
export const createFeatureDay = `
CREATE TABLE IF NOT EXISTS ${database}.feature_day
(
    product LowCardinality(String),
    feature LowCardinality(String),
    day Date,
    events SimpleAggregateFunction(sum, UInt64),
    uses SimpleAggregateFunction(sum, UInt64),
    users AggregateFunction(uniqExact, FixedString(16)) CODEC(NONE)
)
${tableEngine('AggregatingMergeTree')}
PARTITION BY toYear(day)
ORDER BY (product, feature, day)
SETTINGS ${loadedTableSettings}`;
