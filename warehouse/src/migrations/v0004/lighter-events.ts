import { database } from '../database.ts';

/**
 * Names of properties as plain text. Nested in a map, LowCardinality is copied row by row with a dictionary of its own, in sorting, in
 * splitting by partition: with properties on a third of the events that was a third of the whole CPU time of a load (7.0 and 6.3 CPU-s
 * a million events before, 4.7 after).
 */
export const plainPropertyNames = `
ALTER TABLE ${database}.events
    MODIFY COLUMN properties Map(String, String) CODEC(ZSTD(1)),
    MODIFY COLUMN measurements Map(String, Float64) CODEC(ZSTD(1))`;

/**
 * Parts of a load stay compact: a block is at most 256 MB, see `load-statement.ts`. A wide part has files of its own for every column, each
 * of which is synced: two loads of 600,000 events spent 4.9 of their 8.5 seconds in that. With this, 3.9 CPU-s a million events.
 */
export const compactLoadedParts = `
ALTER TABLE ${database}.events MODIFY SETTING min_bytes_for_wide_part = 268435456`;
