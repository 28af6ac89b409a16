/** The collector as a library: the command `telemetry` and tests start it with this. */
export type { Collector, CollectorOptions } from './start-collector.ts';
export { startCollector } from './start-collector.ts';
export { StartError } from './start-error.ts';
