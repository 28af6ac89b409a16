import { create, toBinary } from '@bufbuild/protobuf';
import { ChannelError } from '@telemetry/client';
import { BlacklistSchema } from '@telemetry/gen';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BlacklistWatcher } from '../../client/src/blacklist/blacklist-watcher.ts';
import { judgeBlacklist } from '../../client/src/blacklist/judge-blacklist.ts';
import {
  blacklistBytesMax,
  blacklistStorePollJitter,
  blacklistStorePollMs,
  blacklistTimeoutMs,
} from '../../client/src/limits.ts';
import { defaultRetryPolicy } from '../../client/src/retry-decision.ts';
import { banName, listOf } from '../blacklist/support/lists.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';

const encoded = (version: number) => toBinary(BlacklistSchema, listOf([banName(`v${version}`)], version));
const ofApi = (apiVersion: number) => toBinary(BlacklistSchema, create(BlacklistSchema, { apiVersion, version: 99n }));

/** A watcher in a time of its own, with a collector and a store that answer as the test says. */
function scene(kept?: Uint8Array) {
  const platform = new ManualPlatform();
  const state = {
    answer: (): Promise<Uint8Array | undefined> => Promise.resolve(undefined),
    kept,
    reads: 0,
    asked: [] as number[],
    events: [] as string[],
    push: (_: Uint8Array): void => {},
    isWatched: false,
    signal: undefined as AbortSignal | undefined,
  };
  const watcher = new BlacklistWatcher(
    {
      product: 'editor',
      source: {
        fetch(known, signal) {
          state.asked.push(known.version);
          state.signal = signal;
          return state.answer();
        },
        watch(_, onList) {
          state.push = onList;
          state.isWatched = true;
          return () => {
            state.isWatched = false;
          };
        },
      },
      store: {
        read: () => {
          state.reads++;
          return Promise.resolve(state.kept);
        },
        write: (bytes) => {
          state.kept = bytes;
          return Promise.resolve();
        },
      },
      retry: { ...defaultRetryPolicy, maxBackoffMs: 1_000 },
      platform,
    },
    {
      onList: (list, entries, origin) => state.events.push(`${origin} ${list.version} ${entries}`),
      onProblem: (problem, origin) => state.events.push(`${origin}: ${problem}`),
    },
  );
  onTestFinished(() => watcher.stop());
  return { platform, state, watcher };
}

describe('a list is refused, and the good one stays,', () => {
  test.each([
    ['that is older', encoded(6), 'its version 6 is older than 7'],
    ['that is of another API version', ofApi(2), 'it is of API version 2, this client knows 1'],
    ['that says no API version', ofApi(0), 'it is of API version 0, this client knows 1'],
    ['that is cut off', encoded(8).subarray(0, -1), 'it cannot be read'],
    ['that is noise', Uint8Array.from([0xff, 0xff, 0xff]), 'it cannot be read'],
  ])('%s', async (_, bytes, problem) => {
    const { platform, state, watcher } = scene();
    state.answer = () => Promise.resolve(encoded(7));
    watcher.start();
    await platform.advance(0);
    state.push(bytes);
    await platform.advance(0);
    expect(watcher.version).toBe(7);
    expect(state.events).toStrictEqual(['collector 7 1', `collector: a list was refused: ${problem}`]);
    expect(judgeBlacklist(state.kept ?? bytes, 0)).toMatchObject({ kind: 'newer', list: { version: 7 } });
  });

  test.each([blacklistBytesMax - 1, blacklistBytesMax, blacklistBytesMax + 1])(
    'or taken, by its size: %i bytes',
    (size) => {
      const bytes = new Uint8Array(size);
      const list = encoded(8);
      // A field that this version does not know, as long as it takes.
      const padding = size - list.length - 6;
      bytes.set(list);
      bytes.set(
        [
          0xfa,
          0x01,
          (padding & 0x7f) | 0x80,
          ((padding >> 7) & 0x7f) | 0x80,
          ((padding >> 14) & 0x7f) | 0x80,
          padding >> 21,
        ],
        list.length,
      );
      expect(judgeBlacklist(bytes, 7).kind).toBe(size <= blacklistBytesMax ? 'newer' : 'refused');
    },
  );
});

test('the kept list is in force before the collector answers, and the newer of the two stays', async () => {
  const { platform, state, watcher } = scene(encoded(5));
  watcher.start();
  await platform.advance(0);
  expect(state.events).toStrictEqual(['store 5 1']);
  state.push(encoded(6));
  state.push(encoded(6));
  await platform.advance(0);
  expect(state.events).toStrictEqual(['store 5 1', 'collector 6 1']);
  expect(state.kept).toStrictEqual(encoded(6));
  // Another process has a newer one.
  state.kept = encoded(9);
  await platform.advance(blacklistStorePollMs);
  expect(watcher.version).toBe(9);
  // And one writes an older one over it.
  state.kept = encoded(8);
  await platform.advance(blacklistStorePollMs);
  expect([watcher.version, state.kept]).toStrictEqual([9, encoded(9)]);
});

test.each([
  [0, 1 - blacklistStorePollJitter],
  [0.5, 1],
  [1 - Number.EPSILON, 1 + blacklistStorePollJitter],
])(
  'the kept list is looked at again after its time, a fifth more or less: at %d of the jitter',
  async (random, factor) => {
    const { platform, state, watcher } = scene();
    platform.randomValue = random;
    watcher.start();
    await platform.advance(0);
    const reads = state.reads;
    await platform.advance(Math.floor(factor * blacklistStorePollMs) - 1);
    expect(state.reads).toBe(reads);
    await platform.advance(2);
    expect(state.reads).toBe(reads + 1);
  },
);

test('a list that was kept and is damaged is told once, and replaced by the next good one', async () => {
  const { platform, state, watcher } = scene(Uint8Array.from([0xff]));
  watcher.start();
  await platform.advance(3 * blacklistStorePollMs);
  expect(state.events).toStrictEqual(['store: the kept list was refused: it cannot be read']);
  state.push(encoded(2));
  await platform.advance(0);
  expect(state.kept).toStrictEqual(encoded(2));
});

test('a question that fails is asked again after a backoff, and at once when an acknowledgement names a version', async () => {
  const { platform, state, watcher } = scene();
  state.answer = () => Promise.reject(new ChannelError('away', { kind: 'retryable' }));
  watcher.start();
  await platform.advance(0);
  expect(state.asked).toStrictEqual([0]);
  // Half of half a second: the platform's chance is a half.
  await platform.advance(249);
  expect(state.asked).toHaveLength(1);
  await platform.advance(1);
  expect(state.asked).toHaveLength(2);
  state.answer = () => Promise.resolve(encoded(4));
  watcher.onVersion(4);
  await platform.advance(0);
  expect([state.asked.length, watcher.version]).toStrictEqual([3, 4]);
  await platform.advance(600_000);
  expect(state.asked).toHaveLength(3);
  expect(state.events).toStrictEqual(['collector: away', 'collector: away', 'collector 4 1']);
});

test('a version that the collector names and does not have is asked for with a backoff, not with every acknowledgement', async () => {
  const { platform, state, watcher } = scene();
  watcher.start();
  await platform.advance(0);
  for (let ack = 0; ack < 100; ack++) {
    watcher.onVersion(3);
  }
  await platform.advance(0);
  expect(state.asked).toHaveLength(2);
  await platform.advance(10_000);
  expect(state.asked.length).toBeLessThan(30);
  state.answer = () => Promise.resolve(encoded(3));
  await platform.advance(1_000);
  const { length } = state.asked;
  watcher.onVersion(3);
  watcher.onVersion(2);
  await platform.advance(600_000);
  expect([watcher.version, state.asked.length]).toStrictEqual([3, length]);
});

test('a question without an answer is given up after its time', async () => {
  const { platform, state, watcher } = scene();
  state.answer = () => new Promise(() => {});
  watcher.start();
  await platform.advance(blacklistTimeoutMs - 1);
  expect(state.signal?.aborted).toBe(false);
  await platform.advance(1);
  expect(state.signal?.aborted).toBe(true);
});

test('stopped it asks, hears and keeps nothing, and begun again it goes on with its list', async () => {
  const { platform, state, watcher } = scene();
  state.answer = () => Promise.resolve(encoded(4));
  watcher.start();
  await platform.advance(0);
  watcher.stop();
  state.push(encoded(5));
  watcher.onVersion(6);
  await platform.advance(600_000);
  expect([watcher.version, state.asked.length, state.isWatched]).toStrictEqual([4, 1, false]);
  expect(state.kept).toStrictEqual(encoded(4));
  state.answer = () => Promise.resolve(encoded(6));
  watcher.start();
  await platform.advance(0);
  expect([watcher.version, state.isWatched]).toStrictEqual([6, true]);
});

test('what throws or rejects ends nothing', async () => {
  const { platform, state, watcher } = scene();
  state.answer = () => {
    throw Object.create(null);
  };
  watcher.start();
  await platform.advance(0);
  state.answer = () => Promise.resolve(encoded(1));
  await platform.advance(1_000);
  expect(watcher.version).toBe(1);
});
