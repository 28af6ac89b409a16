import { database } from '../database.ts';

/**
 * 48 parts of `events` make a merge, not 16: a row was to be rewritten once for a factor of 48 in size, which it was not; see `v0012`. Rewriting a million rows costs 0.64 CPU-s,
 * loading them 2.7 (same run). A question took as long a row in 30 parts as in 7 (exact users by feature: 0.95 s for 23 million rows, 2.0 s for
 * 46 million): a part of a load holds 770,000 rows, and opening it is nothing to that. A month holds up to 47 parts of each of three or four
 * sizes, far below the 1,000 at which the engine slows inserts down.
 */
export const mergeManyParts = `ALTER TABLE ${database}.events MODIFY SETTING min_parts_to_merge_at_once = 48`;
