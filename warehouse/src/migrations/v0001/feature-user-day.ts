import { database } from '../database.ts';
import { loadedTableSettings, tableEngine } from '../table-engine.ts';

/** Who used which feature on which day, and how often. */
export const createFeatureUserDay = `
CREATE TABLE IF NOT EXISTS ${database}.feature_user_day
(
    product LowCardinality(String),
    feature LowCardinality(String),
    day Date,
    user_key FixedString(16) CODEC(NONE),
    events UInt64,
    uses UInt64
)
${tableEngine('SummingMergeTree', ['events', 'uses'])}
PARTITION BY toYear(day)
ORDER BY (product, feature, day, user_key)
SETTINGS ${loadedTableSettings.join(', ')}`;
