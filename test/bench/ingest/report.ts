/** The figures of a run, named as in the line of JSON. */
export interface Report {
  readonly batches_per_s: number;
  readonly acked_events_per_s: number;
  /** From the first batch sent until the last event could be queried. */
  readonly queryable_events_per_s: number;
  readonly engine_events_per_s: number;
  /** Queryable events per second as a share of the bare engine's. */
  readonly engine_ratio: number;
  readonly cpu_s_per_million_events: Readonly<Record<ProcessName, number>> & { readonly bare_engine: number };
  /** Cores that the three processes kept busy, together. */
  readonly cores_busy: number;
  /** MB are 10^6 bytes. */
  readonly peak_rss_mb: Readonly<Record<ProcessName, number>>;
  readonly ack_ms_p50: number;
  readonly ack_ms_p99: number;
  /** What a batch's write and flush take the disk alone, before and after the run. */
  readonly disk_ms_p50: number;
  readonly disk_ms_p99: number;
  readonly batches: number;
  readonly events: number;
  readonly sealed_bytes_per_event: number;
  readonly deferred: number;
  readonly seconds: number;
  readonly exact: boolean;
}

export const processNames = ['collector', 'warehouse', 'generator'] as const;
export type ProcessName = (typeof processNames)[number];

/** The report for people. */
export function renderReport(report: Report): string {
  const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
  const { cpu_s_per_million_events: cpu, peak_rss_mb: memory } = report;
  const lines = [
    `acknowledged   ${number(report.batches_per_s)} batches/s, ${number(report.acked_events_per_s)} events/s`,
    `queryable      ${number(report.queryable_events_per_s)} events/s, the drain counted`,
    `bare engine    ${number(report.engine_events_per_s)} events/s; of that queryable: ${Math.round(100 * report.engine_ratio)} %`,
    `ack latency    p50 ${number(report.ack_ms_p50)} ms, p99 ${number(report.ack_ms_p99)} ms; the disk alone: p50 ${number(report.disk_ms_p50)} ms, p99 ${number(report.disk_ms_p99)} ms`,
    `sent           ${number(report.batches)} batches, ${number(report.events)} events of ${number(report.sealed_bytes_per_event)} bytes sealed, ${number(report.deferred)} deferred, in ${number(report.seconds)} s`,
    `cores busy     ${number(report.cores_busy)}`,
    '',
    'process        CPU-s per million events   peak memory in MB',
    ...processNames.map(
      (name) => `${name.padEnd(15)}${cpu[name].toFixed(3).padStart(24)}${String(memory[name]).padStart(20)}`,
    ),
    `${'bare engine'.padEnd(15)}${cpu.bare_engine.toFixed(3).padStart(24)}`,
    '',
    report.exact
      ? 'exact: events, different events, ledger and rollups equal what was acknowledged'
      : 'NOT EXACT: see above',
  ];
  return `${lines.join('\n')}\n`;
}
