/**
 * Settings of every table that segments are loaded into.
 *
 * - `non_replicated_deduplication_window`: how many of the last inserted blocks a table remembers, by which a retried segment changes
 *   nothing. 0, the engine's default, remembers none. A load is one block a partition. 10,000 is a full spool of 100 GB in
 *   segments of 10 MB, all of which a collector may send again after a crash, and at 10 loads a second the last quarter of an hour.
 *   The engine keeps at most twice as many lines of 60 bytes: about 1 MB a table.
 * - `fsync_after_insert`, `fsync_part_directory`: the collector deletes its segment when the load has succeeded, so the part must survive
 *   a loss of power by then. Measured: no difference beyond the noise with parts in compact form (see `events.ts`), since a load
 *   syncs some 40 files once; with wide parts of the same rows it was 0.2 CPU-seconds in 3.
 * - `auto_statistics_types`: none. The engine would estimate distinct values of every column at each merge, for plans that our queries do
 *   not need: 15 % of the whole cost of a load.
 * - `min_parts_to_merge_at_once`: a row is rewritten once for a factor of eight in size, not once for a factor of two to five. Merges cost as
 *   much as loading itself; this took a tenth off the whole.
 */
export const loadedTableSettings = [
  'non_replicated_deduplication_window = 10000',
  'fsync_after_insert = 1',
  'fsync_part_directory = 1',
  "auto_statistics_types = ''",
  'min_parts_to_merge_at_once = 8',
].join(', ');
