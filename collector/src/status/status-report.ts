import type { Readiness } from '../readiness/readiness.ts';
import type { Metrics } from './parse-metrics.ts';

/** What became of the events of one product; names as in the metrics. */
export interface ProductStatus {
  readonly product: string;
  readonly received: number;
  readonly recovered: number;
  readonly stored: number;
  readonly spooled: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly deferred: number;
  readonly quarantined: number;
  readonly pending: number;
  /** Whether every event that came is somewhere. */
  readonly balanced: boolean;
}

/** How the warehouse answered. */
export interface WarehouseStatus {
  readonly reachable: boolean;
  readonly version: string | null;
  readonly error: string | null;
}

/** How a collector and its warehouse are; printed by `telemetry status --json`. */
export interface StatusReport {
  readonly ready: boolean;
  readonly reasons: Readiness['reasons'];
  readonly version: string;
  readonly blacklist_version: number;
  readonly warehouse: WarehouseStatus;
  readonly spool_bytes: number;
  readonly spool_quota_bytes: number;
  readonly segments_waiting: number;
  readonly segments_careful: number;
  readonly oldest_segment_age_s: number;
  readonly load_failures: number;
  readonly streams_open: number;
  readonly products: readonly ProductStatus[];
}

const ACCOUNTS = ['received', 'recovered', 'stored', 'duplicate', 'rejected', 'dropped', 'deferred', 'quarantined'];

/** Makes the report of what the collector and the warehouse said. */
export function statusReport(readiness: Readiness, metrics: Metrics, warehouse: WarehouseStatus): StatusReport {
  const one = (name: string, labels: Readonly<Record<string, string>> = {}): number =>
    sumOf(metrics, `telemetry_${name}`, labels);
  const spoolIsEmpty = one('spool_bytes') === 0 && one('segments_careful') === 0;
  const products = (metrics.get('telemetry_events_received_total') ?? [])
    .map(({ labels }) => productStatus(metrics, labels['product'] ?? '', spoolIsEmpty))
    .filter((product) => product.received > 0 || product.recovered > 0);
  return {
    ready: readiness.ready,
    reasons: readiness.reasons,
    version: metrics.get('telemetry_build_info')?.[0]?.labels['version'] ?? '',
    blacklist_version: one('blacklist_version'),
    warehouse,
    spool_bytes: one('spool_bytes'),
    spool_quota_bytes: one('spool_quota_bytes'),
    segments_waiting: one('segments_waiting'),
    segments_careful: one('segments_careful'),
    oldest_segment_age_s: Math.round(one('segment_oldest_age_seconds') * 10) / 10,
    load_failures: one('loads_total', { result: 'failed' }),
    streams_open: one('streams_open'),
    products: products.sort((a, b) => b.received + b.recovered - a.received - a.recovered),
  };
}

function productStatus(metrics: Metrics, product: string, spoolIsEmpty: boolean): ProductStatus {
  const counts: Record<string, number> = {};
  for (const account of ACCOUNTS) counts[account] = sumOf(metrics, `telemetry_events_${account}_total`, { product });
  const count = (account: string): number => counts[account] ?? 0;
  const spooled = sumOf(metrics, 'telemetry_events_spooled', { product });
  const pending = sumOf(metrics, 'telemetry_events_pending', { product });
  return {
    product,
    received: count('received'),
    recovered: count('recovered'),
    stored: count('stored'),
    spooled,
    duplicate: count('duplicate'),
    rejected: count('rejected'),
    dropped: count('dropped'),
    deferred: count('deferred'),
    quarantined: count('quarantined'),
    pending,
    // Both are what is left of others: below nothing, or in a spool that is empty, events were counted that never were, or lost.
    balanced: pending >= 0 && spooled >= 0 && !(spoolIsEmpty && spooled > 0),
  };
}

function sumOf(metrics: Metrics, name: string, wanted: Readonly<Record<string, string>>): number {
  let sum = 0;
  for (const { labels, value } of metrics.get(name) ?? []) {
    if (Object.entries(wanted).every(([label, text]) => labels[label] === text)) sum += value;
  }
  return sum;
}
