import { type ChildOptions, type CrashPoint, channelSteps, type Ending, fileSteps } from './child/child-options.ts';
import type { Weather } from './network/flaky-proxy.ts';
import type { Mood } from './network/flaky-receiver.ts';

/** One process of a round. */
export interface Life {
  readonly child: Pick<
    ChildOptions,
    'seed' | 'durationMs' | 'ending' | 'crashPoint' | 'pauseMsMax' | 'flushIntervalMs'
  >;
  /** When it is killed, after it has begun to work or after it was spawned; undefined: it is not. */
  readonly kill: { readonly from: 'start' | 'spawn'; readonly afterMs: number } | undefined;
  /** When it is held by SIGSTOP, after it has begun to work, and for how long. */
  readonly pause: { readonly afterMs: number; readonly lengthMs: number } | undefined;
}

/** What happens in a round. */
export interface RoundPlan {
  /** Each slot is one process after another on the same folder, at the same time as the other slots. */
  readonly slots: readonly (readonly Life[])[];
  readonly weather: readonly { readonly weather: Weather; readonly lengthMs: number }[];
  readonly mood: Mood;
}

/** How large a round is. */
export interface RoundSize {
  readonly slots: number;
  readonly livesPerSlot: number;
  /** Longest life. */
  readonly lifeMsMax: number;
}

type Random = () => number;

const weathers: readonly Weather[] = ['refuse', 'cut', 'blackHole', 'loseAnswers', 'delay'];
const moments: readonly CrashPoint['moment'][] = ['before', 'during', 'after'];

/** The same plan for the same chance. */
export function planRound(random: Random, { slots, livesPerSlot, lifeMsMax }: RoundSize): RoundPlan {
  const lives = Array.from({ length: slots }, () =>
    Array.from({ length: livesPerSlot }, () => planLife(random, lifeMsMax)),
  );
  const weather = Array.from({ length: 3 * livesPerSlot }, (_, index) => ({
    weather: index % 2 === 0 ? ('pass' as const) : pick(random, weathers),
    lengthMs: 100 + random() * 0.6 * lifeMsMax,
  }));
  return { slots: lives, weather, mood: planMood(random) };
}

/** A mood that is bad half of the time. */
export function planMood(random: Random): Mood {
  const share = (max: number) => (random() < 0.5 ? 0 : random() * max);
  return { throttled: share(0.2), answerLost: share(0.08), broken: share(0.15), late: share(0.2) };
}

/** One life of at most so long, in which it works. */
export function planLife(random: Random, lifeMsMax: number): Life {
  const durationMs = 0.2 * lifeMsMax + random() * 0.8 * lifeMsMax;
  const chance = random();
  const child = { seed: Math.floor(random() * 2 ** 31), durationMs, pauseMsMax: 40, flushIntervalMs: 60 };
  const pause = random() < 0.15 ? { afterMs: random() * durationMs, lengthMs: random() * 400 } : undefined;
  if (chance < 0.6) {
    const crashPoint = planCrashPoint(random);
    // Should it not come to that point, it is killed all the same.
    return { child: { ...child, ending: 'killed', crashPoint }, kill: { from: 'start', afterMs: lifeMsMax }, pause };
  }
  if (chance < 0.75) {
    const isEarly = random() < 0.3;
    const kill = isEarly
      ? { from: 'spawn' as const, afterMs: random() * 600 }
      : { from: 'start' as const, afterMs: durationMs };
    return { child: { ...child, ending: 'killed', crashPoint: undefined }, kill, pause };
  }
  const ending = pick<Ending>(random, ['shutdown', 'exit', 'leave']);
  return { child: { ...child, ending, crashPoint: undefined }, kill: undefined, pause };
}

function planCrashPoint(random: Random): CrashPoint {
  const step = random() < 0.3 ? pick(random, channelSteps) : pick(random, fileSteps);
  // Early ones are rare in number and matter most: they belong to the opening of the store.
  return { step, count: 1 + Math.floor(random() ** 3 * 10), moment: pick(random, moments) };
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
