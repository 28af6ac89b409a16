import {
  ChannelError,
  grpcChannel,
  openPublishPool,
  type PublishPool,
  type SealedBatch,
  type Settlement,
  sealBatch,
} from '@telemetry/client/relay';
import { ErrorReason } from '@telemetry/gen';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { relayWindowBatchesDefault } from '../../client/src/limits.ts';
import { MisbehavingCollector } from './support/misbehaving-collector.ts';

interface UserBatch extends SealedBatch {
  readonly user: number;
}

const retry = { initialBackoffMs: 5, maxBackoffMs: 50 };
let collector: MisbehavingCollector;
let pool: PublishPool<UserBatch>;
let settled: Map<number, Settlement>;

function open(streams: number, windowBatches?: number): void {
  pool = openPublishPool<UserBatch>({
    channels: Array.from({ length: streams }, () => grpcChannel(collector.address)),
    windowBatches,
    retry,
    onSettled: ({ user }, settlement) => {
      expect(settled.has(user)).toBe(false);
      settled.set(user, settlement);
    },
  });
}

function userBatch(user: number): UserBatch {
  const producerId = new Uint8Array(16);
  new DataView(producerId.buffer).setUint32(0, user);
  const core = { product: { name: 'site' }, user: { id: `user-${user}` } };
  const events = [1, 2, 3].map((seq) => ({ seq, timeUnixUs: 938_476_800_000_000 + seq, name: 'page.viewed' }));
  return { ...sealBatch({ producerId, core, events }), user };
}

async function sendUsers(count: number): Promise<number> {
  let waits = 0;
  for (let user = 0; user < count; user++) {
    const full = pool.send(userBatch(user));
    if (full !== undefined) {
      waits += 1;
      await full;
    }
  }
  return waits;
}

beforeEach(async () => {
  collector = await new MisbehavingCollector().start();
  settled = new Map();
});

afterEach(() => {
  pool.close();
  collector.kill();
});

test('sends the batches of many producers over several streams, packed, each once', async () => {
  open(3, 64);
  const waits = await sendUsers(2_000);
  expect(await pool.drain()).toBe(true);
  expect(settled.size).toBe(2_000);
  expect(collector.stored.size).toBe(2_000);
  expect([...collector.stored.values()].every((events) => events.size === 3)).toBe(true);
  expect(collector.conflicts).toStrictEqual([]);
  expect(collector.arrivals.every(({ attempt }) => attempt === 1)).toBe(true);
  expect(collector.streams).toBe(3);
  expect(waits).toBeGreaterThan(5);
  expect(collector.messageSizes.length).toBeLessThan(500);
  expect(pool.stats()).toMatchObject({ batches: 2_000, settledBatches: 2_000, resentBatches: 0, callbackErrors: 0 });
});

test('holds no more than its windows and its queue while nothing is answered', async () => {
  collector.answer = () => ({ kind: 'silence' });
  open(2, 16);
  let given = 0;
  const sending = (async () => {
    for (let user = 0; user < 1_000; user++) {
      given += 1;
      await pool.send(userBatch(user));
    }
  })();
  await vi.waitFor(() => expect(collector.arrivals).toHaveLength(32), { timeout: 10_000, interval: 5 });
  expect(given).toBeLessThanOrEqual(32 + 16 + 1);
  const drained = pool.drain();
  pool.close();
  expect(await drained).toBe(false);
  await sending;
});

test('has as many batches under way as it may unless told otherwise, and no more', async () => {
  collector.answer = () => ({ kind: 'silence' });
  open(1);
  let given = 0;
  const sending = (async () => {
    for (let user = 0; user < 3 * relayWindowBatchesDefault; user++) {
      given += 1;
      await pool.send(userBatch(user));
    }
  })();
  await vi.waitFor(() => expect(given).toBe(2 * relayWindowBatchesDefault), { timeout: 20_000, interval: 5 });
  await vi.waitFor(() => expect(collector.arrivals).toHaveLength(relayWindowBatchesDefault), { timeout: 20_000 });
  pool.close();
  await sending;
  expect(collector.arrivals).toHaveLength(relayWindowBatchesDefault);
});

test('goes on by itself after the collector was killed in the middle, and sends again only what has no answer', async () => {
  open(2, 32);
  let killed = 0;
  collector.answer = ({ earlier }) => {
    const arrived = collector.arrivals.length;
    if (earlier === 0 && (arrived === 300 || arrived === 900)) {
      killed += 1;
      setImmediate(() => {
        collector.kill();
        void collector.start();
      });
    }
    return { kind: 'accept' };
  };
  await sendUsers(1_500);
  expect(await pool.drain()).toBe(true);
  expect(killed).toBe(2);
  expect(settled.size).toBe(1_500);
  expect(collector.stored.size).toBe(1_500);
  expect(collector.conflicts).toStrictEqual([]);
  expect(pool.stats().connectionErrors).toBeGreaterThan(1);
  // At most what was in flight at the time of each kill.
  expect(pool.stats().resentBatches).toBeLessThanOrEqual(2 * 2 * 32);
  expect(collector.arrivals.every(({ attempt, earlier }) => attempt > earlier)).toBe(true);
});

test('tells what was refused, and does not send it again', async () => {
  open(1, 8);
  collector.answer = ({ batch }) => {
    const user = Number(batch.core?.user?.id.slice(5));
    if (user % 3 === 0) {
      return { kind: 'reject', reason: user % 2 === 0 ? ErrorReason.SEALED_TOO_LARGE : ErrorReason.MALFORMED };
    }
    return { kind: 'accept' };
  };
  await sendUsers(12);
  await pool.drain();
  expect([...settled].filter(([, settlement]) => settlement !== 'taken').sort(([a], [b]) => a - b)).toStrictEqual([
    [0, 'tooLarge'],
    [3, 'rejected'],
    [6, 'tooLarge'],
    [9, 'rejected'],
  ]);
  expect(collector.arrivals).toHaveLength(12);
});

test('swallows what a callback throws, and counts it', async () => {
  const errors: ChannelError[] = [];
  pool = openPublishPool<UserBatch>({
    channels: [grpcChannel(collector.address)],
    retry,
    onSettled: () => {
      throw new Error('boom');
    },
    onError: (error) => errors.push(error),
  });
  collector.answer = ({ earlier }) => (earlier === 0 ? { kind: 'break', keep: true } : { kind: 'accept' });
  await sendUsers(3);
  expect(await pool.drain()).toBe(true);
  expect(pool.stats().callbackErrors).toBe(3);
  expect(errors[0]).toBeInstanceOf(ChannelError);
  expect(errors[0]?.kind).toBe('retryable');
});

test('wants a channel, and windows that are whole numbers', () => {
  pool = openPublishPool({ channels: [grpcChannel('a:1')] });
  expect(() => openPublishPool({ channels: [] })).toThrow('channels: 0');
  expect(() => openPublishPool({ channels: [grpcChannel('a:1')], windowBatches: 0.5 })).toThrow('windowBatches: 0.5');
});
