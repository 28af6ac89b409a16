import { namesListedMax } from '../limits.ts';
import { describeMatch, type EventMatch, mismatches } from './event-match.ts';
import type { RecordedDrop, RecordedEvent } from './recorded-event.ts';

/** Why no event is the one that was expected, for people: which one comes closest, and in what it differs. */
export function explainMissing(
  match: EventMatch,
  events: readonly RecordedEvent[],
  drops: readonly RecordedDrop[],
): string {
  const lines = [`expected an event ${describeMatch(match)}`];
  const compared = events.map((event) => ({ event, problems: mismatches(match, event) }));
  const [closest] = compared.sort((left, right) => distance(match, left) - distance(match, right));
  if (closest === undefined) {
    lines.push('no event was taken so far: was `await telemetry.flush()` forgotten?');
  } else {
    const { event, problems } = closest;
    lines.push(`of ${events.length} taken, number ${event.seq} (${event.name}) comes closest:`);
    lines.push(...problems.map((problem) => `  ${problem}`), `all that were taken: ${listNames(events)}`);
  }
  lines.push(...drops.map(({ firstSeq, lastSeq, reason }) => `dropped as ${reason}: ${range(firstSeq, lastSeq)}`));
  return lines.join('\n');
}

/** Why the events that are there should not be, for people. */
export function explainSurplus(match: EventMatch, events: readonly RecordedEvent[]): string {
  const [first] = events;
  const shown = { ...first?.data, ...first?.properties, ...first?.measurements };
  return [
    `expected no event ${describeMatch(match)}`,
    `${events.length} were taken; the first is number ${first?.seq} (${first?.name}): ${JSON.stringify(shown)}`,
  ].join('\n');
}

/** Events of the right name come first: a wrong property is likelier meant than a wrong name. */
function distance(
  match: EventMatch,
  { event, problems }: { event: RecordedEvent; problems: readonly string[] },
): number {
  return problems.length + (match.name === undefined || match.name === event.name ? 0 : 1_000);
}

function listNames(events: readonly RecordedEvent[]): string {
  const counts = new Map<string, number>();
  for (const { name } of events) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const listed = [...counts].slice(0, namesListedMax).map(([name, count]) => `${name} (${count})`);
  return [...listed, ...(counts.size > namesListedMax ? [`and ${counts.size - namesListedMax} more names`] : [])].join(
    ', ',
  );
}

function range(firstSeq: number, lastSeq: number): string {
  return firstSeq === lastSeq ? `number ${firstSeq}` : `numbers ${firstSeq} to ${lastSeq}`;
}
