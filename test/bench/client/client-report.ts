/** The figures of a library, named as in the line of JSON; null where it has none. MB are 10^6 bytes, KiB 1,024. */
export interface ClientFigures {
  /** One call of log: median, and 99th percentile of means over fifty calls. */
  readonly log_ns_median: number;
  readonly log_ns_p99: number;
  /** From logged to handed over, made ready to send; and which part of what was logged that was. */
  readonly events_per_s: number;
  readonly delivered_share: number;
  /** CPU of flushing 1,000 events: encoding what is left to encode, compressing, handing over. */
  readonly seal_cpu_ms_per_1000_events: number;
  /** Memory held after all events of which none could be sent, over that after the first tenth. */
  readonly heap_growth_mb: number;
  readonly install_mb: number | null;
  readonly browser_gzip_kib: number | null;
}

export interface ClientReport extends ClientFigures {
  readonly peers: Readonly<Record<string, ClientFigures>>;
}

const rows: readonly (readonly [keyof ClientFigures, string])[] = [
  ['log_ns_median', 'log, median, ns'],
  ['log_ns_p99', 'log, 99th percentile, ns'],
  ['events_per_s', 'events/s, ready to send'],
  ['delivered_share', 'of what was logged'],
  ['seal_cpu_ms_per_1000_events', 'CPU to seal 1,000 events, ms'],
  ['heap_growth_mb', 'memory growth, network down, MB'],
  ['install_mb', 'installed, MB'],
  ['browser_gzip_kib', 'in a browser, gzipped, KiB'],
];

/** The report for people. */
export function renderClientReport({ peers, ...ours }: ClientReport): string {
  const columns = [['telemetry', ours] as const, ...Object.entries(peers)];
  const cell = (value: number | null) =>
    value === null ? '–' : value.toLocaleString('en-US', { maximumFractionDigits: 2 });
  const lines = [
    ['', ...columns.map(([name]) => name)],
    ...rows.map(([key, title]) => [title, ...columns.map(([, figures]) => cell(figures[key]))]),
  ];
  return lines
    .map(([title = '', ...cells]) => `${title.padEnd(34)}${cells.map((text) => text.padStart(20)).join('')}`.trimEnd())
    .join('\n');
}
