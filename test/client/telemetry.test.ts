import { createTelemetry, type TelemetryEvent } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { Audience, DropReason, Tier } from '@telemetry/gen';
import { describe, expect, test, vi } from 'vitest';
import { expectBalance } from './support/expect-balance.ts';
import { ManualPlatform } from './support/manual-platform.ts';

const product = { name: 'editor', version: '4.12.0' };

describe('what is sent', () => {
  test('holds the core once, with what the platform knows, and what the application says over it', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({
      store: 'memory',
      product: { ...product, releaseChannel: 'beta' },
      channel,
      user: { id: 'hash', hashKeyId: 'k1' },
      machine: { locale: 'de-CH' },
      audience: 'internal',
      session: { id: 'run-1', startTimeUnixUs: 5 },
    });
    telemetry.log({ name: 'a' });
    await telemetry.shutdown();
    const [batch] = channel.batches;
    expect(batch?.producerId).toHaveLength(16);
    expect(batch?.core).toMatchObject({
      product: { name: 'editor', version: '4.12.0', releaseChannel: 'beta' },
      user: { id: 'hash', hashKeyId: 'k1' },
      machine: { locale: 'de-CH', architecture: process.arch },
      operatingSystem: { name: { darwin: 'macos', win32: 'windows' }[process.platform as string] ?? process.platform },
      session: { id: 'run-1', startTimeUnixUs: 5n },
      audience: Audience.INTERNAL,
    });
    expect(batch?.core?.machine?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(batch?.core?.machine?.logicalProcessors).toBeGreaterThan(0);
  });

  test('is numbered from 1, timed, and typed', async () => {
    const platform = new ManualPlatform();
    const channel = memoryChannel();
    const telemetry = createTelemetry({ store: 'memory', product, channel, platform });
    telemetry.featureUsed('save', { outcome: 'cancelled', durationMs: 1.5, count: 2, tier: 'long' });
    telemetry.fault(new TypeError('no'), { severity: 'crash' });
    telemetry.fault('a text');
    telemetry.measured('open', 12.5, { unit: 'By', properties: { kind: 'big' } });
    telemetry.sessionStarted({ firstRun: true });
    await platform.advance(2_000);
    telemetry.sessionEnded({ reason: 'closed' });
    telemetry.projectActivity('p1', 'built', { itemCount: 3 });
    telemetry.log({ name: 'past', time: new Date(1_600_000_000_000), measurements: { x: 0.5 } });
    telemetry.log({ name: 'fraction', time: 1_600_000_000_000.5 });
    await telemetryDone(telemetry, platform);
    const { events } = channel;
    expect(events.map(({ seq }) => Number(seq))).toStrictEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(events[0]).toMatchObject({
      name: 'feature.used',
      timeUnixUs: 1_700_000_000_000_000n,
      tier: Tier.LONG,
      data: { case: 'featureUse', value: { feature: 'save', outcome: 3, durationUs: 1500n, count: 2 } },
    });
    expect(events[1]?.data).toMatchObject({ case: 'fault', value: { type: 'TypeError', message: 'no', severity: 3 } });
    expect(events[1]?.data.case === 'fault' && events[1].data.value.stack).toMatch(/^at .*telemetry\.test\.ts/);
    expect(events[2]?.data).toMatchObject({ value: { type: 'string', message: 'a text', stack: '' } });
    expect(events[3]).toMatchObject({ properties: { kind: 'big' }, data: { value: { value: 12.5, unit: 'By' } } });
    expect(events[5]?.data).toMatchObject({ case: 'sessionEnd', value: { durationUs: 2_000_000n, reason: 1 } });
    expect(events[6]).toMatchObject({ name: 'project.built', data: { value: { action: 4, itemCount: 3n } } });
    expect(events[7]).toMatchObject({ timeUnixUs: 1_600_000_000_000_000n, measurements: { x: 0.5 } });
    expect(events[8]?.timeUnixUs).toBe(1_600_000_000_000_500n);
  });

  test('is what was logged, whatever is done to the object afterwards', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ store: 'memory', product, channel });
    const properties: Record<string, string> = { a: '1' };
    telemetry.log({ name: 'a', properties });
    properties.a = '2';
    await telemetry.shutdown();
    expect(channel.eventsNamed('a')[0]?.properties).toStrictEqual({ a: '1' });
  });
});

describe('batches', () => {
  test('close after a thousand events, and the rest after the interval', async () => {
    const platform = new ManualPlatform();
    const channel = memoryChannel();
    const telemetry = createTelemetry({ store: 'memory', product, channel, platform, flushIntervalMs: 60_000 });
    const startMs = platform.monotonicMs();
    for (let index = 0; index < 2_300; index++) {
      telemetry.log({ name: 'a' });
    }
    // Large batches are compressed on another thread, whose time is not the platform's.
    await expect
      .poll(async () => {
        await platform.advance(1);
        return channel.batches.map(({ events }) => events.length);
      })
      .toStrictEqual([1_000, 1_000]);
    expect(telemetry.stats().pending).toBe(300);
    // The first interval of a run is any part of the whole: here half of it.
    await platform.advance(30_000 - (platform.monotonicMs() - startMs) - 1);
    expect(channel.batches).toHaveLength(2);
    await platform.advance(20);
    expect(channel.batches).toHaveLength(3);
    expectBalance(telemetry.stats());
  });

  test('after the first one go once an interval, a fifth more or less, and none while nothing is logged', async () => {
    const platform = new ManualPlatform();
    const channel = memoryChannel();
    const telemetry = createTelemetry({ store: 'memory', product, channel, platform });
    const waitsMs = [];
    for (const randomValue of [0.25, 0, 0.5, 0.999]) {
      platform.randomValue = randomValue;
      telemetry.log({ name: 'a' });
      const before = channel.batches.length;
      let waitedMs = 0;
      while (channel.batches.length === before) {
        await platform.advance(500);
        waitedMs += 500;
      }
      waitsMs.push(Math.floor(waitedMs / 1000));
      await platform.advance(3_600_000);
      expect(channel.batches).toHaveLength(before + 1);
    }
    expect(waitsMs).toStrictEqual([15, 48, 60, 72]);
  });

  test('that do not fit sealed are halved; each is below the limit', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ store: 'memory', product, channel });
    // Random text hardly compresses: half a megabyte of it stays about 390 kB.
    const noise = () => Buffer.from(crypto.getRandomValues(new Uint8Array(6_000))).toString('base64');
    for (let index = 0; index < 100; index++) {
      telemetry.log({ name: 'noise', properties: { noise: noise() } });
    }
    const result = await telemetry.shutdown();
    expect(result).toMatchObject({ complete: true, acknowledged: 100, pending: 0 });
    // 66 events fill half a megabyte, and come out as two batches; the other 34 as one.
    expect(channel.batches.map(({ events }) => events.length)).toStrictEqual([33, 33, 34]);
    expect(channel.events.map(({ seq }) => Number(seq))).toStrictEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });

  test('declare an event that is too large alone', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ store: 'memory', product, channel });
    const value = 'v'.repeat(8_000);
    const properties = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`p${index}`, value]));
    telemetry.log({ name: 'a' });
    telemetry.log({ name: 'huge', properties });
    const result = await telemetry.shutdown();
    expect(result).toMatchObject({ acknowledged: 1, dropped: 1, droppedByReason: { oversize: 1 }, undeclared: 0 });
    expect(channel.batches[0]?.dropped).toMatchObject([{ firstSeq: 2n, lastSeq: 2n, reason: DropReason.OVERSIZE }]);
  });
});

describe('nothing throws into the application', () => {
  test('from log, whatever it is given', async () => {
    const telemetry = createTelemetry({ store: 'memory', product, channel: memoryChannel() });
    const bomb = {
      get name(): string {
        throw new Error('boom');
      },
    };
    const worse = {
      get name(): string {
        throw {
          toString() {
            throw new Error('boom');
          },
        };
      },
    };
    const halfway = {
      name: 'a',
      properties: { a: 'b' },
      get measurements(): never {
        throw new Error('late');
      },
    };
    for (const event of [
      undefined,
      null,
      5,
      'x',
      {},
      [],
      bomb,
      worse,
      halfway,
      Symbol('s'),
      { name: 'a', data: null },
    ]) {
      telemetry.log(event as unknown as TelemetryEvent);
    }
    telemetry.featureUsed(null as unknown as string, null as unknown as object);
    telemetry.fault({ toString: () => Promise.reject });
    telemetry.fault(Object.create(null));
    telemetry.projectActivity('p', 'eaten' as 'saved');
    telemetry.measured('m', '5' as unknown as number);
    telemetry.log({ name: 'good' });
    const result = await telemetry.shutdown();
    expect(result).toMatchObject({ complete: true, acknowledged: 1, undeclared: 0 });
    expect(result.droppedByReason.invalid).toBe(result.highestSeq - 1);
  });

  test('from handlers: what they throw is counted', async () => {
    const telemetry = createTelemetry({ store: 'memory', product, channel: memoryChannel() });
    telemetry.on('ack', () => {
      throw new Error('boom');
    });
    const remove = telemetry.on('drop', () => {
      throw new Error('boom');
    });
    telemetry.log({ name: '' });
    await telemetry.flush();
    await vi.waitFor(() => expect(telemetry.stats().handlerErrors).toBe(2));
    remove();
    telemetry.log({ name: '' });
    expect(await telemetry.shutdown()).toMatchObject({ complete: true, undeclared: 0 });
    expect(telemetry.stats().handlerErrors).toBe(3);
  });

  test('from a drop handler that logs an invalid event itself: the two take turns with everything else', async () => {
    const telemetry = createTelemetry({ store: 'memory', product, channel: memoryChannel() });
    const remove = telemetry.on('drop', () => telemetry.log({ name: '' }));
    telemetry.log({ name: '' });
    expect(telemetry.stats().highestSeq).toBe(1);
    await vi.waitFor(() => expect(telemetry.stats().highestSeq).toBeGreaterThan(5));
    remove();
    const { complete, dropped, highestSeq } = await telemetry.shutdown();
    expect([complete, dropped]).toStrictEqual([true, highestSeq]);
  });

  test('after shutdown: events are not numbered, and every later call gets the same result', async () => {
    const telemetry = createTelemetry({ store: 'memory', product, channel: memoryChannel() });
    telemetry.log({ name: 'a' });
    const result = await telemetry.shutdown();
    telemetry.log({ name: 'b' });
    telemetry.featureUsed('c');
    expect(await telemetry.shutdown()).toStrictEqual(result);
    expect(await telemetry.flush({ timeoutMs: 10 })).toMatchObject({ complete: true });
    expect(telemetry.stats()).toMatchObject({ highestSeq: 1, ignoredAfterShutdown: 2 });
  });
});

describe('a mistake in the options is told at once, by the name of the option', () => {
  const channel = memoryChannel();
  const mistakes: Record<string, [options: object, message: string]> = {
    'no product': [{ channel }, 'product.name: missing'],
    'no name': [{ product: { name: '' }, channel }, 'product.name: missing'],
    'a name too long': [{ product: { name: 'n'.repeat(257) }, channel }, 'product.name: longer than 256 bytes'],
    'no way to a collector': [{ product }, 'endpoint: missing'],
    'two ways': [{ product, channel, endpoint: 'a:1' }, 'endpoint and channel'],
    'an address without a port': [{ product, endpoint: 'localhost' }, 'endpoint: "localhost"'],
    'an address with an unknown scheme': [{ product, endpoint: 'ftp://localhost:1' }, 'endpoint: "ftp://localhost:1"'],
    'a port out of range': [{ product, endpoint: 'localhost:65536' }, 'endpoint: "localhost:65536"'],
    'a user id that is no text': [{ product, channel, user: { id: 5 } }, 'user.id: 5 is not a text'],
    'an audience that is none': [{ product, channel, audience: 'all' }, 'audience: "all"'],
    'an interval of nothing': [{ product, channel, flushIntervalMs: 0 }, 'flushIntervalMs: 0'],
    'a queue that is no number': [{ product, channel, queueEventsMax: Number.NaN }, 'queueEventsMax: NaN'],
    'a negative backoff': [{ product, channel, retry: { maxBackoffMs: -1 } }, 'retry.maxBackoffMs: -1'],
    'half a processor': [{ product, channel, machine: { logicalProcessors: 0.5 } }, 'machine.logicalProcessors: 0.5'],
  };
  for (const [title, [options, message]] of Object.entries(mistakes)) {
    test(title, () => {
      expect(() => createTelemetry(options as never)).toThrow(TypeError);
      expect(() => createTelemetry(options as never)).toThrow(message);
    });
  }
});

/** Flushes while time stands still but for what the flush needs. */
async function telemetryDone(telemetry: ReturnType<typeof createTelemetry>, platform: ManualPlatform): Promise<void> {
  const done = telemetry.shutdown();
  await platform.advance(100);
  await done;
}
