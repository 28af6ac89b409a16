/** The families of engines that the schema uses. */
export type EngineFamily = 'MergeTree' | 'AggregatingMergeTree';

/**
 * The ENGINE clause of a table that stores rows. The one place that makes it, so that the form for a cluster (Replicated engines) has
 * one place to go.
 */
export function tableEngine(family: EngineFamily): string {
  return `ENGINE = ${family}`;
}
