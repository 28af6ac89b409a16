import { createTelemetry, type DropNotice } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { DropReason, ErrorReason, Outcome } from '@telemetry/gen';
import { describe, expect, test, vi } from 'vitest';
import { expectBalance } from './support/expect-balance.ts';
import { ManualPlatform } from './support/manual-platform.ts';

const product = { name: 'editor', version: '4.12.0' };

describe('drops', () => {
  test('of invalid events are counted, declared with the reason, and told with the problem', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ store: 'memory', product, channel });
    const notices: DropNotice[] = [];
    telemetry.on('drop', (notice) => notices.push(notice));
    telemetry.log({ name: 'good' });
    telemetry.log({ name: '' });
    telemetry.log({ name: 'x'.repeat(300) });
    telemetry.log({ name: 'old', time: 0 });
    telemetry.log({ name: 'nan', time: Number.NaN });
    telemetry.log({ name: 'good' });
    await telemetry.shutdown();
    expect(notices.map(({ reason, firstSeq, lastSeq }) => [reason, firstSeq, lastSeq])).toStrictEqual([
      ['invalid', 2, 3],
      ['timeOutOfRange', 4, 5],
    ]);
    expect(notices[0]?.problem).toBe('name: missing');
    expect(channel.batches[0]?.dropped).toMatchObject([
      { firstSeq: 2n, lastSeq: 3n, reason: DropReason.INVALID },
      { firstSeq: 4n, lastSeq: 5n, reason: DropReason.TIME_OUT_OF_RANGE },
    ]);
    expect(telemetry.stats()).toMatchObject({ acknowledged: 2, droppedByReason: { invalid: 2, timeOutOfRange: 2 } });
    expectBalance(telemetry.stats());
  });

  test('of a full queue make one run, however long it lasts and whatever is logged', async () => {
    let open = false;
    const channel = memoryChannel({
      answer: () => (open ? undefined : { outcome: Outcome.DEFERRED, retryDelayMs: 1_000 }),
    });
    const platform = new ManualPlatform();
    const telemetry = createTelemetry({ store: 'memory', product, channel, platform, queueEventsMax: 1_500 });
    for (let index = 0; index < 5_000; index++) {
      telemetry.log({ name: index % 3 === 0 ? '' : 'a' });
      if (index % 100 === 0) {
        expectBalance(telemetry.stats());
        await platform.advance(1);
      }
    }
    expect(telemetry.stats().pending).toBe(1_500);
    expectBalance(telemetry.stats());
    open = true;
    await platform.advance(300_000);
    expect(telemetry.stats()).toMatchObject({ pending: 0, acknowledged: 1_500, undeclared: 0 });
    const full = channel.batches.flatMap(({ dropped }) =>
      dropped.filter(({ reason }) => reason === DropReason.QUEUE_FULL),
    );
    expect(full).toHaveLength(1);
    expect(Number(full[0]?.lastSeq)).toBe(5_000);
    expectBalance(telemetry.stats());
  });

  test('by bytes too: what is held stays below the bound by no more than an event', () => {
    const channel = memoryChannel({ answer: () => ({ outcome: Outcome.DEFERRED, retryDelayMs: 1_000 }) });
    const telemetry = createTelemetry({ store: 'memory', product, channel, queueBytesMax: 100_000 });
    for (let index = 0; index < 1_000; index++) {
      telemetry.log({ name: 'a', properties: { value: 'v'.repeat(1_000) } });
    }
    expect(telemetry.stats().queueBytes).toBeLessThan(102_000);
    expect(telemetry.stats().pending).toBeGreaterThan(90);
    expectBalance(telemetry.stats());
  });

  test('of nothing but nonsense are bounded too', async () => {
    const platform = new ManualPlatform();
    const telemetry = createTelemetry({ store: 'memory', product, channel: memoryChannel(), platform });
    for (let index = 0; index < 50_000; index++) {
      telemetry.log(index % 2 === 0 ? { name: '' } : { name: 'a', time: 0 });
    }
    const { droppedByReason } = telemetry.stats();
    expect(droppedByReason).toStrictEqual({ invalid: 5_000, timeOutOfRange: 5_000, queueFull: 40_000 });
    const flushed = telemetry.flush();
    await platform.advance(100);
    expect(await flushed).toMatchObject({ undeclared: 0, complete: true });
  });

  test('by the collector are counted and told, and not declared', async () => {
    const dropped = [{ index: 1, reason: DropReason.BLACKLISTED, field: 'events[1].name', message: 'banned' }];
    const channel = memoryChannel({
      answer: () => ({ acceptedEvents: 2, droppedEvents: dropped, droppedEventCount: 1 }),
    });
    const telemetry = createTelemetry({ store: 'memory', product, channel });
    const notices: DropNotice[] = [];
    telemetry.on('drop', (notice) => notices.push(notice));
    for (const name of ['a', '', 'b', 'c']) {
      telemetry.log({ name });
    }
    await telemetry.shutdown();
    expect(telemetry.stats()).toMatchObject({ acknowledged: 2, dropped: 2, undeclared: 0 });
    await vi.waitFor(() => expect(notices).toHaveLength(2));
    expect(notices[1]).toMatchObject({ reason: 'blacklisted', firstSeq: 3, problem: 'events[1].name: banned' });
    expect(channel.batches.flatMap((batch) => batch.dropped)).toMatchObject([{ firstSeq: 2n }]);
  });

  test('of a batch that is refused for good are declared by the next one, with what it had declared', async () => {
    const channel = memoryChannel({
      answer: (_, index) =>
        index === 0
          ? { outcome: Outcome.REJECTED, rejection: { reason: ErrorReason.MALFORMED, message: 'no', field: '' } }
          : undefined,
    });
    const telemetry = createTelemetry({ store: 'memory', product, channel });
    for (const name of ['a', '', 'b']) {
      telemetry.log({ name });
    }
    const result = await telemetry.shutdown();
    expect(result).toMatchObject({
      complete: true,
      acknowledged: 0,
      undeclared: 0,
      droppedByReason: { rejected: 2, invalid: 1 },
    });
    const declared = channel.batches.flatMap(({ dropped }) => dropped);
    expect(declared).toMatchObject([
      { firstSeq: 1n, reason: DropReason.REJECTED },
      { firstSeq: 2n, reason: DropReason.INVALID },
      { firstSeq: 3n, reason: DropReason.REJECTED },
    ]);
  });

  test('are declared again and again while the collector refuses everything, at the usual pace', async () => {
    const platform = new ManualPlatform();
    const rejection = { reason: ErrorReason.MALFORMED, message: 'no', field: '' };
    let batches = 0;
    const channel = memoryChannel({
      answer: () => {
        batches += 1;
        return { outcome: Outcome.REJECTED, rejection };
      },
    });
    const telemetry = createTelemetry({ store: 'memory', product, channel, platform });
    telemetry.log({ name: 'a' });
    await platform.advance(3_600_000);
    expect(batches).toBeGreaterThan(50);
    expect(batches).toBeLessThan(70);
    expect(telemetry.stats()).toMatchObject({ dropped: 1, undeclared: 1, pending: 0 });
  });
});
