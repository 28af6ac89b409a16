import { formatBytes, formatCount } from './format-numbers.ts';
import type { ReplayCounts } from './replay-tally.ts';

/** What a replay did, as one line of JSON without the newline. The names are those of the command's manual. */
export function summaryJson(counts: ReplayCounts): string {
  return JSON.stringify({
    users: counts.users,
    events: counts.events,
    batches: counts.batches,
    sealed_bytes: counts.sealedBytes,
    seconds: round(counts.seconds, 3),
    batches_per_s: round(rate(counts.batches, counts.seconds), 1),
    events_per_s: round(rate(counts.events, counts.seconds), 1),
    duplicates: counts.duplicates,
    rejected: counts.rejected,
    resent: counts.resent,
    dropped_events: counts.droppedEvents,
    unanswered: counts.sentBatches - counts.batches,
  });
}

/** What a replay did, for people: a name and a value a line. */
export function summaryText(counts: ReplayCounts): string {
  const rows: [string, string][] = [
    ['users', formatCount(counts.users)],
    ['events', formatCount(counts.events)],
    ['batches', formatCount(counts.batches)],
    ['sealed bytes', formatBytes(counts.sealedBytes)],
    ['seconds', counts.seconds.toFixed(1)],
    ['batches/s', formatCount(rate(counts.batches, counts.seconds))],
    ['events/s', formatCount(rate(counts.events, counts.seconds))],
    ['accepted', formatCount(counts.batches - counts.duplicates - counts.rejected)],
    ['duplicates', formatCount(counts.duplicates)],
    ['rejected', formatCount(counts.rejected)],
    ...whenAny('sent again', counts.resent),
    ...whenAny('dropped events', counts.droppedEvents),
    ...whenAny('no answer', counts.sentBatches - counts.batches),
  ];
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const valueWidth = Math.max(...rows.map(([, value]) => value.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}`);
  const reasons = [...counts.reasons].map(([reason, count]) => `  ${reason}: ${formatCount(count)}`);
  const because = reasons.length === 0 ? [] : ['not taken, by reason:', ...reasons];
  return `${[...lines, ...because].join('\n')}\n`;
}

function whenAny(name: string, count: number): [string, string][] {
  return count === 0 ? [] : [[name, formatCount(count)]];
}

/** A replay that took no time has no rate. */
function rate(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
