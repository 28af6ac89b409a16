import { describe, expect, test } from 'vitest';
import { judgeBooks } from '../../warehouse/src/audit/judge-books.ts';
import { commonRuns, countRuns, joinRuns, minusRuns, repeatedRuns } from '../../warehouse/src/audit/number-runs.ts';
import type { BookedBatch, ProducerBooks } from '../../warehouse/src/audit/producer-books.ts';
import { dayAfter, WholeDays } from '../../warehouse/src/audit/whole-days.ts';
import { seededRandom } from '../support/random.ts';

test('runs of numbers are sets: as sets of single numbers say', () => {
  const seed = Number(process.env['TELEMETRY_TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const some = () =>
    Array.from({ length: Math.floor(random() * 6) }, () => {
      const first = 1 + Math.floor(random() * 30);
      return [first, first + Math.floor(random() * 6)] as const;
    });
  const numbers = (runs: readonly (readonly [number, number])[]) =>
    runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
  const sorted = (set: Iterable<number>) => [...set].sort((left, right) => left - right);
  for (let round = 0; round < 500; round++) {
    const [left, right] = [some(), some()];
    const [leftSet, rightSet] = [new Set(numbers(left)), new Set(numbers(right))];
    const [joined, other] = [joinRuns(left), joinRuns(right)];
    expect(numbers(joined), `seed ${seed}`).toEqual(sorted(leftSet));
    expect(countRuns(joined)).toBe(leftSet.size);
    expect(numbers(minusRuns(joined, other)), `seed ${seed}`).toEqual(
      sorted([...leftSet].filter((number) => !rightSet.has(number))),
    );
    expect(numbers(commonRuns(joined, other)), `seed ${seed}`).toEqual(
      sorted([...leftSet].filter((number) => rightSet.has(number))),
    );
    const all = numbers(left);
    expect(numbers(repeatedRuns(left)), `seed ${seed}`).toEqual(
      sorted(new Set(all.filter((number, index) => all.indexOf(number) !== index))),
    );
  }
});

function booked(over: Partial<BookedBatch> = {}): BookedBatch {
  return {
    runs: [[1, 10]],
    eventCount: 8,
    droppedCount: 2,
    segmentId: 's',
    collectorId: 'c',
    contentDigest: '1',
    receivedTimeUs: '1',
    day: '2026-01-01',
    state: 'done',
    ...over,
  };
}

function kinds(over: Partial<ProducerBooks>): [string, number][] {
  const books = {
    producerHex: 'aa',
    product: 'p',
    day: '2026-01-01',
    batches: [booked()],
    stored: [{ times: 1, runs: [[1, 8]] as const }],
    declared: [[9, 10]] as const,
    ...over,
  };
  return judgeBooks(books).map(({ kind, amount }) => [kind, amount]);
}

describe('the books of a producer', () => {
  test.each<[string, Partial<ProducerBooks>, [string, number][]]>([
    ['balance', {}, []],
    [
      'have a number three times',
      {
        stored: [
          { times: 1, runs: [[2, 8]] },
          { times: 3, runs: [[1, 1]] },
        ],
      },
      [['event_twice', 2]],
    ],
    ['have lost an event', { stored: [{ times: 1, runs: [[1, 7]] }] }, [['event_missing', 1]]],
    ['have lost a drop', { declared: [[9, 9]] }, [['drop_missing', 1]]],
    ['have lost both', { stored: [{ times: 1, runs: [[2, 8]] }], declared: [[9, 9]] }, [['event_missing', 1]]],
    ['have no ledger', { batches: [] }, [['event_unknown', 10]]],
    ['say the wrong count', { batches: [booked({ eventCount: 7, droppedCount: 3 })] }, [['batch_count', 1]]],
    [
      'declare what is stored',
      { declared: [[8, 10]] },
      [
        ['number_both', 1],
        ['batch_count', 1],
      ],
    ],
    ['are loading, nothing in yet', { batches: [booked({ state: 'pending' })], stored: [], declared: [] }, []],
    ['are loading, a part in', { batches: [booked({ state: 'pending' })], stored: [{ times: 1, runs: [[1, 4]] }] }, []],
    ['are rejected', { batches: [booked({ state: 'rejected' })], stored: [], declared: [] }, []],
  ])('%s', (_name, books, expected) => {
    expect(kinds(books)).toEqual(expected);
  });
});

describe('days whose raw rows are whole', () => {
  const today = '2026-06-30';
  const whole = new WholeDays(
    today,
    new Map([
      ['old', { firstDay: '2024-01-01', hasDiagnostics: true }],
      ['plain', { firstDay: '2024-01-01', hasDiagnostics: false }],
      ['young', { firstDay: '2026-06-20', hasDiagnostics: true }],
    ]),
  );
  test.each([
    ['old', 29, true],
    ['old', 30, false],
    ['plain', 30, true],
    ['plain', 399, true],
    ['plain', 400, false],
  ])('of receiving: %s, %d days ago: %s', (product, days, expected) => {
    expect(whole.whyNotReceived(dayAfter(today, -days), product) === undefined).toBe(expected);
  });
  test.each([
    ['old', 2, 27, true],
    ['old', 2, 28, false],
    ['old', 1, 397, true],
    ['old', 1, 398, false],
    ['young', 2, 9_000, true],
  ])('of events: %s, tier %d, %d days ago: %s', (product, tier, days, expected) => {
    expect(whole.whyNotHappened(dayAfter(today, -days), product, tier) === undefined).toBe(expected);
  });
});
