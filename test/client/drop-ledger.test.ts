import { DropReason } from '@telemetry/gen';
import { expect, test } from 'vitest';
import { DropLedger, toRuns } from '../../client/src/drop-ledger.ts';
import { seededRandom } from './support/random.ts';

const { INVALID, QUEUE_FULL, BLACKLISTED } = DropReason;

test('joins numbers that follow one another for the same reason', () => {
  const ledger = new DropLedger();
  ledger.add(1, 1, INVALID);
  ledger.add(2, 2, INVALID);
  ledger.add(3, 3, QUEUE_FULL);
  ledger.add(5, 9, QUEUE_FULL);
  ledger.add(10, 10, BLACKLISTED, 4);
  ledger.add(11, 11, BLACKLISTED, 5);
  expect(ledger.take(10).map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])).toStrictEqual([
    [1, 2],
    [3, 3],
    [5, 9],
    [10, 10],
    [11, 11],
  ]);
  expect(ledger.total).toBe(10);
  expect(Object.fromEntries(ledger.counts)).toStrictEqual({ [INVALID]: 2, [QUEUE_FULL]: 6, [BLACKLISTED]: 2 });
});

test('what is taken out is undeclared until a collector has it', () => {
  const ledger = new DropLedger();
  ledger.add(1, 4, INVALID);
  ledger.add(6, 6, QUEUE_FULL);
  const taken = ledger.take(1);
  expect([taken.length, ledger.waitingRanges, ledger.undeclared]).toStrictEqual([1, 1, 5]);
  ledger.declared(taken);
  expect(ledger.undeclared).toBe(1);
});

test('what is given back is joined with what waits, and every number keeps its reason', () => {
  const random = seededRandom();
  for (let round = 0; round < 200; round++) {
    const ledger = new DropLedger();
    const reasons = new Map<number, DropReason>();
    const out = [];
    for (let seq = 1; seq <= 100; seq++) {
      const reason = random.pick([INVALID, QUEUE_FULL, QUEUE_FULL]);
      ledger.add(seq, seq, reason);
      reasons.set(seq, reason);
      if (random.chance(0.1)) {
        out.push(ledger.take(random.int(1, 5)));
      }
      if (random.chance(0.1)) {
        ledger.giveBack(out.splice(random.int(0, out.length), 1).flat());
      }
    }
    for (const ranges of out) {
      ledger.giveBack(ranges);
    }
    const ranges = ledger.take(1_000);
    const numbers = ranges.flatMap(({ firstSeq, lastSeq, reason }) =>
      Array.from({ length: lastSeq - firstSeq + 1 }, (_, index): [number, DropReason] => [firstSeq + index, reason]),
    );
    expect(numbers, `seed ${random.seed}, round ${round}`).toStrictEqual([...reasons]);
    const changes = [...reasons.values()].filter((reason, index, all) => reason !== all[index - 1]).length;
    expect(ledger.total).toBe(100);
    expect(out.length === 0 || ranges.length === changes).toBe(true);
  }
});

test('makes runs of numbers', () => {
  expect(toRuns([])).toStrictEqual([]);
  expect(toRuns([3, 4, 5, 9, 11, 12])).toStrictEqual([
    { firstSeq: 3, lastSeq: 5 },
    { firstSeq: 9, lastSeq: 9 },
    { firstSeq: 11, lastSeq: 12 },
  ]);
});
