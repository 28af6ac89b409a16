import { toBinary } from '@bufbuild/protobuf';
import { type Channel, ChannelError, createTelemetry, type Telemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { type Blacklist, BlacklistSchema, DropReason } from '@telemetry/gen';
import { expect, onTestFinished, test, vi } from 'vitest';
import { banName, banPrefix, listOf } from '../blacklist/support/lists.ts';
import { expectBalance } from '../client/support/expect-balance.ts';

const waiting = { timeout: 10_000 };

/** A channel that takes nothing until it is opened, with a blacklist that is there before that. */
function gatedChannel() {
  const memory = memoryChannel();
  const state: {
    isOpen: boolean;
    list: Blacklist;
    readonly attempts: number[];
    push?: (bytes: Uint8Array) => void;
  } = { isOpen: false, list: listOf([], 0), attempts: [] };
  const channel: Channel = {
    name: 'gated',
    blacklist: {
      fetch: ({ version }) =>
        Promise.resolve(BigInt(version) === state.list.version ? undefined : toBinary(BlacklistSchema, state.list)),
      watch: (_, onList) => {
        state.push = onList;
        return () => {};
      },
    },
    connect(listener) {
      if (!state.isOpen) {
        queueMicrotask(() => listener.onEnd(new ChannelError('closed', { kind: 'retryable' })));
        return { congested: false, send() {}, flush() {}, end() {}, abort() {} };
      }
      const connection = memory.connect(listener);
      return {
        congested: false,
        send: (batch, attempt) => {
          state.attempts.push(attempt);
          connection.send(batch, attempt);
        },
        flush: () => connection.flush(),
        end: () => connection.end(),
        abort: () => connection.abort(),
      };
    },
    close: () => memory.close(),
  };
  return { memory, state, channel };
}

function telemetryOver(channel: Channel, initialBackoffMs = 5): Telemetry {
  const telemetry = createTelemetry({
    product: { name: 'editor', version: '1.2.3' },
    channel,
    retry: { initialBackoffMs, maxBackoffMs: Math.max(20, initialBackoffMs) },
    platform: { random: () => 0.9 },
  });
  onTestFinished(() => void telemetry.shutdown({ timeoutMs: 10 }));
  return telemetry;
}

test('a list takes what it bans out of the open batch, of closed ones and of sealed ones that were never sent', async () => {
  const { memory, state, channel } = gatedChannel();
  state.list = listOf([banPrefix('secret.'), banName('a.b', { product: 'other' })], 3);
  const telemetry = telemetryOver(channel);
  const log = (count: number) => {
    for (let index = 0; index < count; index++) {
      telemetry.log({ name: index % 2 === 0 ? 'secret.used' : 'a.b' });
    }
  };
  // One that is sealed, and waits for a connection, by the time the list comes; two closed ones; and an open one.
  log(3_501);
  expect(telemetry.stats()).toMatchObject({ pending: 3_501, dropped: 0, blacklist: { version: 0 } });
  await vi.waitFor(() => expect(telemetry.stats().blacklist).toMatchObject({ version: 3, entries: 2 }), waiting);
  expect(telemetry.stats()).toMatchObject({ pending: 1_750, droppedByReason: { blacklisted: 1_751 } });
  log(10);
  expect(telemetry.stats()).toMatchObject({ pending: 1_755, droppedByReason: { blacklisted: 1_756 } });
  state.isOpen = true;
  expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 1_755, undeclared: 0, pending: 0 });
  expectBalance(telemetry.stats());
  expect(memory.events.filter(({ name }) => name !== 'a.b')).toStrictEqual([]);
  const declared = memory.batches.flatMap(({ dropped }) => dropped);
  expect(declared.every((range) => range.reason === DropReason.BLACKLISTED && range.blacklistVersion === 3n)).toBe(
    true,
  );
  const numbers = [
    ...memory.events.map(({ seq }) => Number(seq)),
    ...declared.flatMap(({ firstSeq, lastSeq }) =>
      Array.from({ length: Number(lastSeq - firstSeq) + 1 }, (_, index) => Number(firstSeq) + index),
    ),
  ].sort((a, b) => a - b);
  expect(numbers).toStrictEqual(Array.from({ length: 3_511 }, (_, index) => index + 1));
});

test('a batch of which all is banned declares it, and is no event', async () => {
  const { memory, state, channel } = gatedChannel();
  state.list = listOf([banName('secret.used')], 4);
  const telemetry = telemetryOver(channel);
  telemetry.log({ name: 'secret.used' });
  void telemetry.flush();
  await vi.waitFor(() => expect(telemetry.stats().blacklist.version).toBe(4), waiting);
  state.isOpen = true;
  expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 0, undeclared: 0, dropped: 1 });
  expect(memory.batches.map(({ events, dropped }) => [events.length, dropped.length])).toStrictEqual([[0, 1]]);
});

test('a batch that was sent before keeps its bytes', async () => {
  const { memory, state, channel } = gatedChannel();
  state.isOpen = true;
  const sent: Uint8Array[] = [];
  // The first connection takes the batch, and breaks before it has answered.
  const breaking: Channel = {
    ...channel,
    connect(listener) {
      if (sent.length > 0) {
        return channel.connect(listener);
      }
      queueMicrotask(() => listener.onOpen());
      const end = (error?: ChannelError) => queueMicrotask(() => listener.onEnd(error));
      return {
        congested: false,
        send: (batch) => sent.push(batch.bytes),
        flush: () => end(new ChannelError('broken', { kind: 'retryable' })),
        end: () => end(),
        abort: () => end(),
      };
    },
  };
  const telemetry = telemetryOver(breaking, 600_000);
  telemetry.log({ name: 'secret.used' });
  expect(await telemetry.flush({ timeoutMs: 200 })).toMatchObject({ complete: false, pending: 1 });
  expect(sent).toHaveLength(1);
  telemetry.log({ name: 'secret.used' });
  state.list = listOf([banName('secret.used')], 5);
  state.push?.(toBinary(BlacklistSchema, state.list));
  expect(telemetry.stats()).toMatchObject({ pending: 1, droppedByReason: { blacklisted: 1 } });
  await telemetry.flush();
  expect(memory.events.map(({ name, seq }) => [name, seq])).toStrictEqual([['secret.used', 1n]]);
  expect(state.attempts[0]).toBe(2);
});
