import { database } from '../database.ts';

/**
 * The feature-count table: `SELECT * FROM telemetry.feature_count(product = 'editor', from = '2026-01-01', to = '2026-01-31')`.
 * An empty product means all of them. Both days are included, as people mean them; the bounds of the type Date (1970-01-01 and
 * 2149-06-06) mean no bound.
 *
 * `events`: how many feature-use events there were. `uses`: how many uses they stand for (an application may count itself). `users`: how
 * many different users, exactly; events of unknown users count as events only.
 */
export const createFeatureCount = `
CREATE VIEW IF NOT EXISTS ${database}.feature_count AS
SELECT
    feature,
    sum(feature_day.events) AS events,
    uniqExactMerge(feature_day.users) AS users,
    sum(feature_day.uses) AS uses
FROM ${database}.feature_day
WHERE (empty({product:String}) OR product = {product:String}) AND day BETWEEN {from:Date} AND {to:Date}
GROUP BY feature
ORDER BY events DESC, feature`;
