/** The families of engines that the schema uses. */
export type EngineFamily = 'MergeTree' | 'AggregatingMergeTree';

/**
 * The ENGINE clause of a table that stores rows. The one place that makes it, so that the form for a cluster (Replicated engines) has
 * one place to go.
 */
export function tableEngine(family: EngineFamily, columns: readonly string[] = []): string {
  const parameters = columns.length === 0 ? '' : `((${columns.join(', ')}))`;
  return `ENGINE = ${family}${parameters}`;
}

/**
 * Settings of every table that a segment is loaded into.
 *
 * `non_replicated_deduplication_window`: how many of the latest inserted blocks a table remembers, so that a retried segment changes
 * nothing. 0, the engine's default, remembers none. A segment that is retried was loaded at most `segments in flight` loads ago; the
 * window counts blocks, one a partition and insert. 10,000 is, at the busiest expected 10 loads a second with one partition each,
 * the last 1,000 seconds, and above all every segment that a full spool of 100 GB in 10 MB segments can hold after a crash of the
 * warehouse. It costs about 1 MB of memory a table.
 *
 * `fsync_after_insert`, `fsync_part_directory`: see `durabilitySettings`.
 */
export const loadedTableSettings = [
  'non_replicated_deduplication_window = 10000',
  'fsync_after_insert = 1',
  'fsync_part_directory = 1',
] as const;
