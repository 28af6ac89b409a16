import { createServer } from 'node:net';
import { createTelemetry, grpcChannel } from '@telemetry/client';
import { DropReason } from '@telemetry/gen';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ClientBlacklist } from '../../client/src/client-blacklist.ts';
import { DropNotices } from '../../client/src/drop-notices.ts';
import { ChannelError } from '../../client/src/errors.ts';
import { MessageQueue } from '../../client/src/grpc/message-queue.ts';
import * as limits from '../../client/src/limits.ts';
import { resolveOptions } from '../../client/src/resolve-options.ts';
import { sealBytes } from '../../client/src/seal-batch.ts';
import { ManualPlatform } from './support/manual-platform.ts';
import { SilentChannel } from './support/silent-channel.ts';

/** A client whose receiver says nothing, in a time of its own. */
function silence() {
  const channel = new SilentChannel();
  const platform = new ManualPlatform();
  const telemetry = createTelemetry({ product: 'editor', channel, platform });
  return { channel, platform, telemetry };
}

describe('a receiver that does not answer', () => {
  test('gets so many batches and no more', async () => {
    const { channel, platform, telemetry } = silence();
    for (let batch = 1; batch <= limits.windowBatchesDefault + 1; batch++) {
      telemetry.log({ name: 'a' });
      void telemetry.flush();
      await platform.advance(10);
      const sent = channel.calls.filter((call) => call === 'send 1').length;
      expect(sent).toBe(Math.min(batch, limits.windowBatchesDefault));
    }
  });

  test('is given up after its time, and not before', async () => {
    const { channel, platform, telemetry } = silence();
    telemetry.log({ name: 'a' });
    void telemetry.flush();
    await platform.advance(0);
    expect(channel.calls).toStrictEqual(['connect', 'send 1']);
    await platform.advance(limits.ackTimeoutMsDefault - 1);
    expect(channel.calls).toStrictEqual(['connect', 'send 1']);
    await platform.advance(1);
    expect(channel.calls).toStrictEqual(['connect', 'send 1', 'abort']);
  });

  test('is waited for by a flush until its time is over', async () => {
    const { platform, telemetry } = silence();
    telemetry.log({ name: 'a' });
    let result: unknown;
    void telemetry.flush().then((flushed) => {
      result = flushed;
    });
    await platform.advance(limits.flushTimeoutMsDefault - 1);
    expect(result).toBeUndefined();
    await platform.advance(1);
    expect(result).toMatchObject({ complete: false, pending: 1 });
  });
});

test('a stream without work stays open for its time, and no longer', async () => {
  const { channel, platform, telemetry } = silence();
  telemetry.log({ name: 'a' });
  const flushed = telemetry.flush();
  await platform.advance(0);
  channel.answer();
  expect(await flushed).toMatchObject({ complete: true });
  await platform.advance(limits.streamLingerMsDefault - 1);
  expect(channel.calls).not.toContain('end');
  await platform.advance(1);
  expect(channel.calls).toContain('end');
});

test('a connection is waited for until its time is over', async () => {
  // It takes connections and never says a word.
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const platform = new ManualPlatform();
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const channel = grpcChannel(`127.0.0.1:${port}`, { platform });
  const ends: unknown[] = [];
  const connection = channel.connect({
    onOpen: () => {},
    onAcks: () => {},
    onDrain: () => {},
    onSentAgain: () => {},
    onEnd: (error) => ends.push(error),
  });
  onTestFinished(() => {
    connection.abort();
    channel.close();
  });
  await platform.advance(0);
  await platform.advance(limits.connectTimeoutMsDefault - 1);
  expect(ends).toStrictEqual([]);
  await platform.advance(1);
  expect(ends).toMatchObject([{ kind: 'retryable', message: expect.stringContaining('no connection within') }]);
});

describe('messages of a stream', () => {
  const batchOf = (sizeBytes: number) => sealBytes(new Uint8Array(sizeBytes), 1, (bytes) => bytes);
  async function nextLength(queue: MessageQueue): Promise<number> {
    const { value } = await queue[Symbol.asyncIterator]().next();
    return (value as Uint8Array).length;
  }

  test.each([limits.messageBatchesMax - 1, limits.messageBatchesMax, limits.messageBatchesMax + 1])(
    'hold so many batches: %i',
    async (count) => {
      const queue = new MessageQueue(() => {});
      for (let index = 0; index < count; index++) queue.add(batchOf(1), 1);
      const one = new MessageQueue(() => {});
      one.add(batchOf(1), 1);
      const sizeBytes = await nextLength(one);
      expect(await nextLength(queue)).toBe(Math.min(count, limits.messageBatchesMax) * sizeBytes);
    },
  );

  test.each([-1, 0, 1])('hold so many bytes: %i more', async (more) => {
    const queue = new MessageQueue(() => {});
    queue.add(batchOf(1_000), 1);
    const probe = new MessageQueue(() => {});
    probe.add(batchOf(1_000), 1);
    const firstBytes = await nextLength(probe);
    queue.add(batchOf(limits.messageBytesTarget - firstBytes + more), 1);
    const length = await nextLength(queue);
    if (more > 0) expect(length).toBe(firstBytes);
    else expect(length).toBeGreaterThan(limits.messageBytesTarget - 100);
  });

  test('wait until there are so many, which is congestion, and none once all have left', async () => {
    let drained = 0;
    const queue = new MessageQueue(() => drained++);
    for (let messages = 1; messages <= limits.waitingMessagesMax + 1; messages++) {
      queue.add(batchOf(limits.messageBytesTarget), 1);
      expect(queue.congested).toBe(messages >= limits.waitingMessagesMax);
    }
    for (let messages = limits.waitingMessagesMax + 1; messages > 0; messages--) {
      expect([queue.congested, drained]).toStrictEqual([true, 0]);
      await nextLength(queue);
    }
    expect([queue.congested, drained]).toStrictEqual([false, 1]);
  });
});

test.each([limits.dropNoticesMax - 1, limits.dropNoticesMax, limits.dropNoticesMax + 1])(
  'of %i drops at a time the first are told one by one',
  (count) => {
    const told: number[] = [];
    const notices = new DropNotices(new ManualPlatform(), (notice) => told.push(notice.count));
    // With a gap after each, none goes on with the one before it.
    for (let index = 0; index < count; index++) notices.add(2 * index, 2 * index, DropReason.INVALID, 'no');
    notices.flush();
    expect(told).toHaveLength(Math.min(count, limits.dropNoticesMax));
    expect(told.reduce((sum, one) => sum + one, 0)).toBe(count);
  },
);

test('a question for the blacklist that fails is asked again after its longest wait at the latest', async () => {
  const platform = new ManualPlatform();
  platform.randomValue = 1 - Number.EPSILON;
  const askedMs: number[] = [];
  const options = resolveOptions({ product: 'editor', platform }, { machine: {}, operatingSystem: undefined });
  const fetch = () => {
    askedMs.push(platform.monotonicMs());
    return Promise.reject(new ChannelError('down', { kind: 'retryable' }));
  };
  const blacklist = new ClientBlacklist(options, { source: { fetch }, store: undefined }, [], () => {});
  onTestFinished(() => blacklist.stop());
  blacklist.start();
  await platform.advance(30 * limits.blacklistBackoffMsMax);
  const waitsMs = askedMs.slice(1).map((askMs, index) => askMs - (askedMs[index] ?? 0));
  expect(Math.max(...waitsMs)).toBeCloseTo(limits.blacklistBackoffMsMax, 0);
  expect(waitsMs.filter((waitMs) => waitMs > limits.blacklistBackoffMsMax)).toStrictEqual([]);
  expect(waitsMs.filter((waitMs) => waitMs < limits.blacklistBackoffMsMax).length).toBeGreaterThan(5);
});
