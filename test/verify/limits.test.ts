import { type Receiver, verifyReceivers } from '@telemetry/warehouse';
import { expect, test } from 'vitest';
import { VERIFY_EVENTS_NAMED_MAX, VERIFY_PRODUCERS_AT_ONCE, VERIFY_PRODUCERS_MAX } from '../../warehouse/src/limits.ts';

/** Holds so many events of each of so many producers, and remembers how many it was asked for at once. */
function receiver(producers: number, eventsEach: number, askedAtOnce: number[] = []): Receiver {
  return {
    name: 'made up',
    async *summaries() {
      for (let index = 0; index < producers; index++) {
        const producer = index.toString(16).padStart(32, '0');
        yield { producer, product: '', stored: eventsEach, declared: 0, storedDigest: 1n, declaredDigest: 0n };
      }
    },
    numbers: (asked) => {
      askedAtOnce.push(asked.length);
      return Promise.resolve(
        new Map(asked.map((producer) => [producer, { stored: [[1, eventsEach]], repeated: [], declared: [] }])),
      );
    },
    events: (_producer, [run], eventsMax) =>
      Promise.resolve(
        Array.from({ length: Math.min(eventsMax, run?.[1] ?? 0) }, (_, index) => ({
          seq: index + 1,
          name: 'made.up',
          timeUnixUs: 0,
        })),
      ),
  };
}

test.each([
  [VERIFY_PRODUCERS_MAX - 1, 0],
  [VERIFY_PRODUCERS_MAX, 0],
  [VERIFY_PRODUCERS_MAX + 1, 1],
])('of %i producers that differ, %i are only counted', async (producers, untold) => {
  const askedAtOnce: number[] = [];
  const report = await verifyReceivers(receiver(producers, 1, askedAtOnce), receiver(0, 0));
  expect(report.differences).toHaveLength(producers - untold);
  expect(report.producersUntold).toBe(untold);
  expect(Math.max(...askedAtOnce)).toBe(VERIFY_PRODUCERS_AT_ONCE);
});

test.each([VERIFY_EVENTS_NAMED_MAX - 1, VERIFY_EVENTS_NAMED_MAX, VERIFY_EVENTS_NAMED_MAX + 1])(
  'of %i missing events all numbers are named, and no more than the limit have a name',
  async (events) => {
    const { differences } = await verifyReceivers(receiver(1, events), receiver(0, 0));
    expect(differences[0]?.runs).toStrictEqual([[1, events]]);
    expect(differences[0]?.events).toHaveLength(Math.min(events, VERIFY_EVENTS_NAMED_MAX));
  },
);
