import { countRuns } from '../audit/number-runs.ts';
import { VERIFY_EVENTS_NAMED_MAX, VERIFY_PRODUCERS_AT_ONCE, VERIFY_PRODUCERS_MAX } from '../limits.ts';
import { agrees, type Difference, differencesOf, pairSummaries, type Side } from './compare-receivers.ts';
import { type NamedEvent, noNumbers, type Receiver } from './receiver.ts';

/** A difference, with the events it is about where one of the receivers has them. */
export interface NamedDifference extends Difference {
  /** How many numbers. */
  readonly count: number;
  /** The first of them. */
  readonly events: readonly NamedEvent[];
}

/** What comparing two receivers has come to. */
export interface VerifyReport {
  readonly producers: number;
  /** Events stored in each. */
  readonly stored: Readonly<Record<Side, number>>;
  /** Numbers declared as dropped to each. */
  readonly declared: Readonly<Record<Side, number>>;
  readonly differences: readonly NamedDifference[];
  /** Producers that differ beyond those that were looked at. */
  readonly producersUntold: number;
}

/** Compares what two receivers hold, per producer, and names every number about which they do not agree. */
export async function verifyReceivers(left: Receiver, right: Receiver): Promise<VerifyReport> {
  let producers = 0;
  const stored = { left: 0, right: 0 };
  const declared = { left: 0, right: 0 };
  const suspects: string[] = [];
  let producersUntold = 0;
  for await (const pair of pairSummaries(left.summaries(), right.summaries())) {
    producers += 1;
    for (const side of ['left', 'right'] as const) {
      stored[side] += pair[side]?.stored ?? 0;
      declared[side] += pair[side]?.declared ?? 0;
    }
    if (agrees(pair)) continue;
    if (suspects.length < VERIFY_PRODUCERS_MAX) suspects.push((pair.left ?? pair.right)?.producer ?? '');
    else producersUntold += 1;
  }
  const differences = await nameDifferences(left, right, suspects);
  return { producers, stored, declared, differences, producersUntold };
}

async function nameDifferences(
  left: Receiver,
  right: Receiver,
  suspects: readonly string[],
): Promise<NamedDifference[]> {
  const named: NamedDifference[] = [];
  let eventsLeft = VERIFY_EVENTS_NAMED_MAX;
  for (let index = 0; index < suspects.length; index += VERIFY_PRODUCERS_AT_ONCE) {
    const some = suspects.slice(index, index + VERIFY_PRODUCERS_AT_ONCE);
    const [onLeft, onRight] = await Promise.all([left.numbers(some), right.numbers(some)]);
    for (const producer of some) {
      const numbers = [onLeft.get(producer) ?? noNumbers, onRight.get(producer) ?? noNumbers] as const;
      for (const difference of differencesOf(producer, ...numbers)) {
        const { kind, side, runs } = difference;
        const holder = (kind === 'repeated') === (side === 'left') ? left : right;
        const events = kind === 'undeclared' ? [] : await holder.events(producer, runs, eventsLeft);
        eventsLeft -= events.length;
        named.push({ ...difference, count: countRuns(runs), events });
      }
    }
  }
  return named;
}
