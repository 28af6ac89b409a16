import { database } from '../database.ts';
import { loadedTableSettings } from '../loaded-table-settings.ts';
import { tableEngine } from '../table-engine.ts';

/** How often, and by whom, each feature was used on a day. */
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
