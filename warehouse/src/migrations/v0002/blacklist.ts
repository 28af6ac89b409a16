import { database } from '../database.ts';

/** The blacklist as it is, for people with SQL. An empty text is a condition that is not set; so is an `expire_time` that is NULL. */
export const createBlacklist = `
CREATE VIEW IF NOT EXISTS ${database}.blacklist AS
SELECT
    added_id AS id,
    JSONExtractString(entry, 'eventName') AS event_name,
    JSONExtractString(entry, 'eventNamePrefix') AS event_name_prefix,
    JSONExtractString(entry, 'product') AS product,
    JSONExtractString(entry, 'versionMin') AS version_min,
    JSONExtractString(entry, 'versionBelow') AS version_below,
    lower(replaceOne(JSONExtractString(entry, 'audience'), 'AUDIENCE_', '')) AS audience,
    JSONExtractString(entry, 'reason') AS reason,
    parseDateTime64BestEffortOrNull(JSONExtractString(entry, 'expireTime'), 6, 'UTC') AS expire_time,
    parseDateTime64BestEffortOrNull(JSONExtractString(entry, 'createTime'), 6, 'UTC') AS create_time,
    JSONExtractString(entry, 'createdBy') AS created_by
FROM
(
    SELECT added_id, entry FROM ${database}.blacklist_change
    ARRAY JOIN added.id AS added_id, added.entry AS entry
    ORDER BY time, change_id
    LIMIT 1 BY added_id
)
WHERE added_id NOT IN (SELECT arrayJoin(removed_ids) FROM ${database}.blacklist_change)`;
