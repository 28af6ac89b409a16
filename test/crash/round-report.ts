import type { RoundTally } from './round-tally.ts';

/** The result of a round. */
export interface RoundResult extends RoundTally {
  readonly round: number;
  readonly seed: number;
  readonly batches: number;
  readonly storedEvents: number;
  readonly durationMs: number;
  /** What does not balance, in words; empty when all does. */
  readonly findings: readonly string[];
}

const columns: readonly { readonly title: string; readonly of: (result: RoundResult) => string | number }[] = [
  { title: 'round', of: (result) => result.round },
  { title: 'seed', of: (result) => result.seed },
  { title: 'batches', of: (result) => result.sent },
  { title: 'resent', of: (result) => result.resent },
  { title: 'acks lost', of: (result) => result.acksLost },
  { title: 'acked', of: (result) => result.acked },
  { title: 'duplicates', of: (result) => result.duplicates },
  { title: 'probes', of: (result) => result.probes },
  { title: 'given up', of: (result) => result.abandoned },
  { title: 'events', of: (result) => result.storedEvents },
  { title: 'seconds', of: (result) => (result.durationMs / 1_000).toFixed(1) },
];

/** The heading of the rounds. */
export function headingLine(): string {
  return `${columns.map(({ title }) => title.padStart(width(title))).join('  ')}  verdict   kills`;
}

/** One line about a round. */
export function roundLine(result: RoundResult): string {
  const cells = columns.map(({ title, of }) => String(of(result)).padStart(width(title)));
  const kills = Object.entries(result.kills)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
  return `${cells.join('  ')}  ${result.findings.length === 0 ? 'balances' : 'FAILED  '}  ${kills || 'none'}`;
}

/**
 * The campaign in one object, for `--json`.
 *
 * @param failedSeed of the round that did not balance, or did not come to its end
 */
export function summary(
  results: readonly RoundResult[],
  seed: number,
  failedSeed: number | undefined,
  isInterrupted: boolean,
) {
  const sum = (of: (result: RoundResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const kinds = [...new Set(results.flatMap((result) => Object.keys(result.kills)))].sort();
  return {
    seed,
    rounds: results.length,
    clean_rounds: results.filter((result) => result.findings.length === 0).length,
    batches: sum((result) => result.sent),
    resent: sum((result) => result.resent),
    acks_lost: sum((result) => result.acksLost),
    acked: sum((result) => result.acked),
    duplicates: sum((result) => result.duplicates),
    probes: sum((result) => result.probes),
    given_up: sum((result) => result.abandoned),
    stored_events: sum((result) => result.storedEvents),
    kills: Object.fromEntries(kinds.map((kind) => [kind, sum((result) => result.kills[kind] ?? 0)])),
    seconds: Math.round(sum((result) => result.durationMs) / 100) / 10,
    interrupted: isInterrupted,
    failed_seed: failedSeed ?? null,
  };
}

function width(title: string): number {
  return Math.max(title.length, 7);
}
