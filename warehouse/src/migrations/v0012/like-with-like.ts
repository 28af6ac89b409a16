import { database } from '../database.ts';

/**
 * Parts of `events` are merged with their like: about 34 that were never merged, then as many such merges.
 *
 * The engine merges a range of parts when its size is a certain multiple of that of its largest part: `merge_selector_base`, less the more parts there are, from 50
 * on 2. It adds 5 MiB to each part for that, and a load of a million events has 7 MB. So with 48 parts as the least and a base of 5, 47 new ones were twice as large as
 * what 48 had become, and were merged with it: most rows were written again with each of the next merges. (SimpleMergeSelector.cpp of ClickHouse 26.7.)
 *
 * With a base of 80 that is so from 50 parts on alone, and with 20 as the least, ranges of merged parts are merged before there are so many. Of 500 parts of 6 MB, each 180 ms after
 * the one before, a row was written 0.99 times more, not 3.15 times, and there were 27 parts on average, not 33.
 */
export const mergeLikeWithLike = `ALTER TABLE ${database}.events MODIFY SETTING min_parts_to_merge_at_once = 20, merge_selector_base = 80`;
