import type { DifferenceKind, NamedDifference, VerifyReport } from '@telemetry/warehouse';
import { alignTable } from './align-table.ts';

const NUMBER = new Intl.NumberFormat('en-US');
/** Differences and events of each that are printed for people; `--json` has all. */
const DIFFERENCES_MAX = 50;
const EVENTS_MAX = 5;
const RUNS_MAX = 10;

const COLUMNS = [
  { title: 'receiver', align: 'left' },
  { title: 'stored', align: 'right' },
  { title: 'declared', align: 'right' },
] as const;

const WORDS: Readonly<Record<DifferenceKind, string>> = {
  missing: 'is missing',
  dropped: 'was told of as dropped, and the other has stored',
  undeclared: 'has not heard of as dropped',
  repeated: 'has stored more than once',
};

/** Whether the two hold the same. */
export function isAgreed({ differences, producersUntold }: VerifyReport): boolean {
  return differences.length + producersUntold === 0;
}

/** The report for people. */
export function verifyLines(report: VerifyReport, names: Readonly<Record<'left' | 'right', string>>): string[] {
  const { stored, declared, differences, producers, producersUntold } = report;
  const rows = (['left', 'right'] as const).map((side) => [
    names[side],
    NUMBER.format(stored[side]),
    NUMBER.format(declared[side]),
  ]);
  const lines = [...alignTable(COLUMNS, rows), ''];
  for (const difference of differences.slice(0, DIFFERENCES_MAX)) {
    lines.push(...differenceLines(difference, names[difference.side]));
  }
  const untold = differences.length - DIFFERENCES_MAX;
  if (untold > 0) lines.push(`  and ${NUMBER.format(untold)} more differences; --json names them all`);
  if (producersUntold > 0) lines.push(`  and ${NUMBER.format(producersUntold)} more producers that differ`);
  const compared = `${NUMBER.format(producers)} producers compared`;
  lines.push(isAgreed(report) ? `Both hold the same: ${compared}.` : `They differ: ${compared}.`);
  return lines;
}

function differenceLines({ producer, kind, runs, count, events }: NamedDifference, name: string): string[] {
  const numbers = runs.slice(0, RUNS_MAX).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  const more = runs.length > RUNS_MAX ? ` and ${runs.length - RUNS_MAX} more runs` : '';
  const examples = events
    .slice(0, EVENTS_MAX)
    .map((event) => `    ${event.seq} ${event.name} ${new Date(event.timeUnixUs / 1000).toISOString()}`);
  return [
    `  ${name} ${WORDS[kind]} ${NUMBER.format(count)} of producer ${producer}: ${numbers.join(', ')}${more}`,
    ...examples,
  ];
}

/** The report for machines, as snake_case like all of ours. */
export function verifyJson(report: VerifyReport): Record<string, unknown> {
  const { producers, stored, declared, differences, producersUntold } = report;
  return {
    agrees: isAgreed(report),
    producers,
    stored,
    declared,
    differences: differences.map(({ producer, side, kind, count, runs, events }) => ({
      producer,
      side,
      kind,
      count,
      runs,
      events: events.map(({ seq, name, timeUnixUs }) => ({ seq, name, time_unix_us: timeUnixUs })),
    })),
    producers_untold: producersUntold,
  };
}
