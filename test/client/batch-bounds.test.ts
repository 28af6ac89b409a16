import { randomBytes } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { EventSchema, Outcome } from '@telemetry/gen';
import { describe, expect, test, vi } from 'vitest';
import * as limits from '../../client/src/limits.ts';
import { sealBytes } from '../../client/src/seal-batch.ts';
import { sealAside } from '../../client/src/seal-within-limits.ts';
import { expectBalance } from './support/expect-balance.ts';
import { ManualPlatform } from './support/manual-platform.ts';

const product = 'editor';

describe('the open batch', () => {
  test.each([limits.batchEventsTarget - 1, limits.batchEventsTarget, limits.batchEventsTarget + 1])(
    'closes at so many events: %i',
    async (count) => {
      const channel = memoryChannel();
      const platform = new ManualPlatform();
      // Nothing but the number of events closes it: the interval takes a time that does not come.
      const telemetry = createTelemetry({ product, channel, platform });
      for (let index = 0; index < count; index++) telemetry.log({ name: 'a' });
      const closed = count < limits.batchEventsTarget ? 0 : limits.batchEventsTarget;
      await vi.waitFor(async () => {
        await platform.advance(1);
        expect(telemetry.stats()).toMatchObject({ acknowledged: closed, pending: count - closed });
      });
      expect(channel.batches.map(({ events }) => events.length)).toStrictEqual(closed === 0 ? [] : [closed]);
    },
  );

  test('closes with the event that brings it to so many bytes', async () => {
    const channel = memoryChannel();
    const platform = new ManualPlatform();
    const telemetry = createTelemetry({ product, channel, platform });
    const value = 'v'.repeat(5_000);
    for (let index = 0; index < 300; index++) telemetry.log({ name: 'a', properties: { value } });
    await vi.waitFor(async () => {
      await platform.advance(1);
      expect(channel.batches.length).toBeGreaterThanOrEqual(2);
    });
    for (const { events } of channel.batches) {
      // With its tag and its length, of three bytes.
      const sizes = events.map((event) => toBinary(EventSchema, event).length + 4);
      const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
      expect(sizeBytes).toBeGreaterThanOrEqual(limits.batchBytesTarget);
      expect(sizeBytes - (sizes.at(-1) ?? 0)).toBeLessThan(limits.batchBytesTarget);
    }
    expectBalance(telemetry.stats());
  });

  test('declares so many runs and no more; the others wait for the next', async () => {
    for (const runs of [limits.batchRangesTarget - 1, limits.batchRangesTarget, limits.batchRangesTarget + 1]) {
      const channel = memoryChannel();
      const telemetry = createTelemetry({ product, channel });
      for (let index = 0; index < runs; index++) telemetry.log(index % 2 === 0 ? { name: '' } : { name: 'a', time: 0 });
      await telemetry.shutdown();
      const rest = runs - limits.batchRangesTarget;
      const expected = rest > 0 ? [limits.batchRangesTarget, rest] : [runs];
      expect(channel.batches.map(({ dropped }) => dropped.length)).toStrictEqual(expected);
    }
  });
});

/** Properties whose event is encoded in so many bytes, in texts that do not compress. */
function propertiesOf(sizeBytes: number): Record<string, string> {
  const noise = (length: number) => randomBytes(length).toString('base64').slice(0, length);
  const properties: Record<string, string> = {};
  let left = sizeBytes;
  for (let index = 0; left > 8_000; index++) {
    properties[`p${index}`] = noise(6_000);
    left -= 6_000;
  }
  properties['z'] = noise(left - 1_000);
  return properties;
}

test.each([limits.eventBytesMax - 1, limits.eventBytesMax, limits.eventBytesMax + 1])(
  'an event of %i bytes',
  async (sizeBytes) => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ product, channel, audience: 'internal' });
    const properties = propertiesOf(sizeBytes);
    // What is still missing to the size is put into one text, once it is known how much the rest takes.
    const measured = memoryChannel();
    const probe = createTelemetry({ product, channel: measured, audience: 'internal' });
    probe.log({ name: 'a', properties });
    await probe.shutdown();
    const [event] = measured.events;
    if (event === undefined) throw new Error('the probe was dropped');
    const encodedBytes = toBinary(EventSchema, { ...event, seq: 1n }).length + 4;
    properties['z'] += 'v'.repeat(sizeBytes - encodedBytes);
    telemetry.log({ name: 'a', properties });
    const result = await telemetry.shutdown();
    const fits = sizeBytes <= limits.eventBytesMax;
    expect(result).toMatchObject({ acknowledged: fits ? 1 : 0, dropped: fits ? 0 : 1 });
    if (fits) {
      const stored = channel.events[0];
      expect(stored && toBinary(EventSchema, stored).length + 4).toBe(sizeBytes);
    } else expect(result.droppedByReason).toStrictEqual({ oversize: 1 });
  },
);

describe('a batch', () => {
  test.each([limits.gzipBytesMin - 1, limits.gzipBytesMin, limits.gzipBytesMin + 1])(
    'of %i bytes is compressed or sealed as it is',
    (sizeBytes) => {
      const sealed = sealBytes(new Uint8Array(sizeBytes), 1);
      expect(sealed.unsealedSizeBytes).toBe(sizeBytes);
      // Zeros compress to next to nothing.
      if (sizeBytes < limits.gzipBytesMin) expect(sealed.bytes).toHaveLength(sizeBytes);
      else expect(sealed.bytes.length).toBeLessThan(100);
    },
  );

  test.each([limits.gzipAsideBytesMin - 1, limits.gzipAsideBytesMin, limits.gzipAsideBytesMin + 1])(
    'of %i bytes is compressed on another thread or on this one',
    async (sizeBytes) => {
      const compression = { gzip: (bytes: Uint8Array) => bytes, gzipAside: async () => new Uint8Array(20) };
      const facts = { firstSeq: 1, lastSeq: 1, eventCount: 1, dropped: [] };
      const sealed = await sealAside(new Uint8Array(sizeBytes), facts, compression);
      expect(sealed?.batches[0]?.bytes.length).toBe(sizeBytes < limits.gzipAsideBytesMin ? undefined : 20);
    },
  );
});

describe('the queue', () => {
  const deferred = () => memoryChannel({ answer: () => ({ outcome: Outcome.DEFERRED, retryDelayMs: 3_600_000 }) });

  test('holds so many events, and drops the next', () => {
    const platform = new ManualPlatform();
    const telemetry = createTelemetry({ product, channel: deferred(), platform });
    for (let index = 0; index < limits.queueEventsDefault - 1; index++) telemetry.log({ name: 'a' });
    for (const [pending, dropped] of [
      [limits.queueEventsDefault - 1, 0],
      [limits.queueEventsDefault, 0],
      [limits.queueEventsDefault, 1],
    ]) {
      expect(telemetry.stats()).toMatchObject({ pending, dropped });
      telemetry.log({ name: 'a' });
    }
    expectBalance(telemetry.stats());
  });

  test('holds so many bytes, and an event more at most', () => {
    const platform = new ManualPlatform();
    const telemetry = createTelemetry({ product, channel: deferred(), platform, audience: 'internal' });
    const properties = propertiesOf(100_000);
    let before = 0;
    while (telemetry.stats().dropped === 0) {
      before = telemetry.stats().queueBytes;
      telemetry.log({ name: 'a', properties });
    }
    expect(before).toBeGreaterThanOrEqual(limits.queueBytesDefault);
    expect(before).toBeLessThan(limits.queueBytesDefault + 110_000);
    expectBalance(telemetry.stats());
  });
});
