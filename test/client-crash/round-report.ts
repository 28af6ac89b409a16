import type { ProducerLedger } from './check/producer-ledger.ts';
import type { RoundTally } from './round-tally.ts';

/** The result of a round. */
export interface RoundResult {
  readonly round: number;
  readonly seed: number;
  readonly ledgers: readonly ProducerLedger[];
  readonly tally: RoundTally;
  /** Processes that have sent, one after another. */
  readonly tenures: number;
  /** Batches that the receiver got, those among them that it had seen before, and those that the collector had taken before. */
  readonly received: number;
  readonly resent: number;
  readonly duplicates: number;
  readonly liveMs: number;
  readonly drainMs: number;
  readonly checkMs: number;
  /** What does not balance, in words; empty when all does. */
  readonly findings: readonly string[];
}

const columns: readonly { readonly title: string; readonly of: (result: RoundResult) => string | number }[] = [
  { title: 'round', of: (result) => result.round },
  { title: 'seed', of: (result) => result.seed },
  { title: 'producers', of: (result) => result.ledgers.length },
  { title: 'highest', of: (result) => sumOf(result, (ledger) => ledger.highestSeq) },
  { title: 'stored', of: (result) => sumOf(result, (ledger) => ledger.stored) },
  { title: 'declared', of: (result) => sumOf(result, (ledger) => ledger.declared) },
  { title: 'durable', of: (result) => [...result.tally.durable.values()].reduce((sum, seq) => sum + seq, 0) },
  { title: 'batches', of: (result) => result.received },
  { title: 'resent', of: (result) => result.resent },
  { title: 'duplicates', of: (result) => result.duplicates },
  { title: 'uploaders', of: (result) => result.tenures },
  { title: 's live', of: (result) => (result.liveMs / 1000).toFixed(1) },
  { title: 's drain', of: (result) => (result.drainMs / 1000).toFixed(1) },
  { title: 's check', of: (result) => (result.checkMs / 1000).toFixed(1) },
];

/** The heading of the rounds. */
export function headingLine(): string {
  return `${columns.map(({ title }) => title.padStart(width(title))).join('  ')}  verdict   endings`;
}

/** The ledger of a round, in one line. */
export function roundLine(result: RoundResult): string {
  const cells = columns.map(({ title, of }) => String(of(result)).padStart(width(title)));
  const endings = [...result.tally.endings].sort(([a], [b]) => a.localeCompare(b));
  const counted = endings.map(([how, count]) => (count === 1 ? how : `${count} ${how}`)).join(', ');
  return `${cells.join('  ')}  ${result.findings.length === 0 ? 'balances' : 'FAILED  '}  ${counted}`;
}

/** The campaign in one object, for `--json`. */
export function summary(results: readonly RoundResult[], seed: number, failedSeed: number | undefined) {
  const sum = (of: (result: RoundResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const endings: Record<string, number> = {};
  for (const [how, count] of results.flatMap((result) => [...result.tally.endings])) {
    endings[how] = (endings[how] ?? 0) + count;
  }
  return {
    seed,
    rounds: results.length,
    clean_rounds: results.filter((result) => result.findings.length === 0).length,
    producers: sum((result) => result.ledgers.length),
    highest: sum((result) => sumOf(result, (ledger) => ledger.highestSeq)),
    stored: sum((result) => sumOf(result, (ledger) => ledger.stored)),
    declared: sum((result) => sumOf(result, (ledger) => ledger.declared)),
    batches: sum((result) => result.received),
    resent: sum((result) => result.resent),
    duplicates: sum((result) => result.duplicates),
    uploaders: sum((result) => result.tenures),
    endings,
    seconds: Math.round(sum((result) => result.liveMs + result.drainMs + result.checkMs) / 100) / 10,
    failed_seed: failedSeed ?? null,
  };
}

function sumOf({ ledgers }: RoundResult, of: (ledger: ProducerLedger) => number): number {
  return ledgers.reduce((sum, ledger) => sum + of(ledger), 0);
}

function width(title: string): number {
  return Math.max(title.length, 7);
}
