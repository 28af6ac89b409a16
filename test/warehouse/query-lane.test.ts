import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { QueryLane } from '../../warehouse/src/engine/query-lane.ts';
import { laneSlots } from '../../warehouse/src/engine/thread-pool.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;
const tooMany = expect.objectContaining({ codeName: 'TOO_MANY_SIMULTANEOUS_QUERIES' });

test('slots are given in the order of asking, and passed on', async () => {
  const lane = new QueryLane({ name: 'queries', slots: 1 });
  const tickets = [lane.admit(), lane.admit(), lane.admit()] as const;
  const order: number[] = [];
  const runs = tickets.map((ticket, index) => ticket.run(never).then(() => order.push(index)));
  await runs[0];
  expect([order, lane.running, lane.waiting]).toEqual([[0], 1, 2]);
  tickets[0].leave();
  await runs[1];
  tickets[1].leave();
  tickets[1].leave();
  await runs[2];
  tickets[2].leave();
  expect([order, lane.running, lane.waiting]).toEqual([[0, 1, 2], 0, 0]);
});

test('a full lane lets nobody in', () => {
  const lane = new QueryLane({ name: 'queries', slots: 1, queueMax: 1 });
  const first = lane.admit();
  lane.admit();
  expect(() => lane.admit()).toThrow(tooMany);
  first.leave();
  expect(() => lane.admit()).not.toThrow();
});

test('waiting ends at its limit, and the place is free again', async () => {
  const lane = new QueryLane({ name: 'queries', slots: 1, waitLimitMs: 50 });
  const [first, second, third] = [lane.admit(), lane.admit(), lane.admit()];
  await first.run(never);
  const refused = expect(second.run(never)).rejects.toEqual(tooMany);
  await vi.advanceTimersByTimeAsync(50);
  await refused;
  second.leave();
  const run = third.run(never);
  first.leave();
  await run;
  expect([lane.running, lane.waiting]).toEqual([1, 0]);
});

test('a client that goes away leaves the queue at once', async () => {
  const lane = new QueryLane({ name: 'queries', slots: 1 });
  const [first, second, third] = [lane.admit(), lane.admit(), lane.admit()];
  const gone = new AbortController();
  await first.run(never);
  const left = expect(second.run(gone.signal)).rejects.toMatchObject({ codeName: 'QUERY_WAS_CANCELLED' });
  gone.abort();
  await left;
  second.leave();
  expect(lane.waiting).toBe(1);
  first.leave();
  await third.run(never);
  expect([lane.running, lane.waiting]).toEqual([1, 0]);
});

test.each([
  [1, { queries: 1, inserts: 1 }],
  [4, { queries: 1, inserts: 1 }],
  [8, { queries: 4, inserts: 2 }],
  [16, { queries: 10, inserts: 4 }],
  [128, { queries: 10, inserts: 4 }],
])('a pool of %d threads has %j slots', (poolSize, slots) => {
  expect(laneSlots(poolSize)).toEqual(slots);
});
