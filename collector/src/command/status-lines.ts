import type { StatusReport } from '../status/status-report.ts';
import { alignTable } from './align-table.ts';

const MIB = 1024 * 1024;
const NUMBER = new Intl.NumberFormat('en-US');
const COUNTS = ['received', 'recovered', 'stored', 'spooled', 'duplicate', 'rejected', 'dropped', 'deferred'] as const;

/** The report as lines for people. */
export function statusLines(report: StatusReport): string[] {
  const { warehouse } = report;
  const facts: [string, string][] = [
    ['collector', `${report.ready ? 'ready' : 'NOT READY'}, version ${report.version}`],
    ...report.reasons.map(({ message }): [string, string] => ['', message]),
    [
      'warehouse',
      warehouse.reachable ? `answers, version ${warehouse.version}` : `DOES NOT ANSWER: ${warehouse.error}`,
    ],
    ['spool', spoolLine(report)],
    ['loader', loaderLine(report)],
    ['blacklist', report.blacklist_version === 0 ? 'none' : `version ${report.blacklist_version}`],
    ['streams', NUMBER.format(report.streams_open)],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`);
  if (report.products.length === 0) return [...lines, '', 'No events since the collector started.'];
  return [...lines, '', ...ledgerTable(report)];
}

function ledgerTable({ products }: StatusReport): string[] {
  const columns = [
    { title: 'product', align: 'left' as const },
    ...COUNTS.map((title) => ({ title, align: 'right' as const })),
    { title: 'ledger', align: 'left' as const },
  ];
  const rows = products.map((product) => [
    product.product,
    ...COUNTS.map((count) => NUMBER.format(product[count])),
    product.balanced ? 'balances' : 'DOES NOT BALANCE',
  ]);
  return alignTable(columns, rows);
}

function spoolLine({ spool_bytes, spool_quota_bytes }: StatusReport): string {
  const share = spool_quota_bytes === 0 ? 0 : (100 * spool_bytes) / spool_quota_bytes;
  const [used, quota] = [spool_bytes, spool_quota_bytes].map((bytes) => NUMBER.format(Math.round(bytes / MIB)));
  return `${used} of ${quota} MiB (${share.toFixed(1)} %)`;
}

function loaderLine({ segments_waiting, segments_careful, oldest_segment_age_s, load_failures }: StatusReport): string {
  const careful = segments_careful === 0 ? '' : `, ${segments_careful} are compared with the warehouse first`;
  const failures = load_failures === 0 ? '' : `, ${NUMBER.format(load_failures)} failed loads were tried again`;
  if (segments_waiting === 0) return `nothing waits${careful}${failures}`;
  return `${segments_waiting} segments wait, the oldest for ${oldest_segment_age_s} s${careful}${failures}`;
}
