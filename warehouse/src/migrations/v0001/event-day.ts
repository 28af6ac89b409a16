import { database } from '../database.ts';
import { loadedTableSettings } from '../loaded-table-settings.ts';
import { tableEngine } from '../table-engine.ts';

/**
 * How many events of each name a product logged on a day. Rollups are partitioned by year of the day: at most 52 for any load that the
 * protocol allows.
 */
export const createEventDay = `
CREATE TABLE IF NOT EXISTS ${database}.event_day
(
    product LowCardinality(String),
    name LowCardinality(String),
    day Date,
    audience_code Int32,
    tier_code Int32,
    product_version LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64)
)
${tableEngine('AggregatingMergeTree')}
PARTITION BY toYear(day)
ORDER BY (product, name, day, audience_code, tier_code, product_version)
SETTINGS ${loadedTableSettings}`;
