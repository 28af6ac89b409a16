import { createTelemetry, grpcChannel, type Telemetry } from '@telemetry/client';
import { DropReason, Encoding, ErrorReason } from '@telemetry/gen';
import { Status } from 'nice-grpc';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MisbehavingCollector } from './support/misbehaving-collector.ts';

const product = { name: 'editor', version: '1.0.0' };
/** Short waits, so that a test does not take minutes; the waits themselves are tested on their own. */
const retry = { initialBackoffMs: 5, maxBackoffMs: 50, permanentBackoffMs: 40 };
const waiting = { timeout: 20_000, interval: 5 };

let collector: MisbehavingCollector;
let telemetry: Telemetry;

async function start(options: object = {}): Promise<void> {
  collector = await new MisbehavingCollector().start();
  telemetry = createTelemetry({
    store: 'memory',
    product,
    endpoint: collector.address,
    retry,
    flushIntervalMs: 20,
    ...options,
  });
}

function logMany(count: number): void {
  for (let index = 0; index < count; index++) {
    telemetry.featureUsed('save', { properties: { index: String(index) } });
  }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

afterEach(async () => {
  await telemetry.shutdown({ timeoutMs: 100 });
  collector.kill();
});

describe('a collector that behaves', () => {
  test('gets each event once: small batches plain, large ones compressed, each with the attempt 1', async () => {
    await start();
    logMany(1_003);
    const result = await telemetry.flush();
    expect(result).toMatchObject({ complete: true, acknowledged: 1_003, pending: 0, dropped: 0 });
    expect(collector.arrivals.map(({ attempt, encoding }) => [attempt, encoding])).toStrictEqual([
      [1, Encoding.GZIP],
      [1, Encoding.IDENTITY],
    ]);
    expect(collector.storedNumbers()).toStrictEqual(numbers(1_003));
    expect(telemetry.stats()).toMatchObject({ blacklistVersion: 7, acknowledgedBatches: 2, connectionErrors: 0 });
  });

  test('gets them without a flush, by the interval alone', async () => {
    await start();
    logMany(3);
    await vi.waitFor(() => expect(telemetry.stats().acknowledged).toBe(3), waiting);
  });

  test('has no stream open while there is nothing to send, and gets another one afterwards over the same connection', async () => {
    await start();
    logMany(1);
    await telemetry.flush();
    await vi.waitFor(() => expect(collector.openStreams).toBe(0), waiting);
    await vi.waitFor(() => expect(telemetry.stats().connected).toBe(false), waiting);
    logMany(1);
    expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 2 });
    expect(collector.streams).toBe(2);
    expect(telemetry.stats().connectionErrors).toBe(0);
  });

  test('gets the metadata of the channel with each call', async () => {
    collector = await new MisbehavingCollector().start();
    const channel = grpcChannel(collector.address, { metadata: { authorization: 'Bearer key' } });
    telemetry = createTelemetry({ store: 'memory', product, channel });
    logMany(1);
    await telemetry.flush();
    expect(collector.metadata[0]?.get('authorization')).toBe('Bearer key');
  });
});

describe('a collector that refuses', () => {
  test('for now: the batch comes again with its attempt raised, not before the delay that was asked for', async () => {
    await start();
    collector.answer = ({ earlier }) => (earlier < 2 ? { kind: 'defer', retryDelayMs: 120 } : { kind: 'accept' });
    logMany(5);
    expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 5, dropped: 0 });
    expect(collector.arrivals.map(({ attempt }) => attempt)).toStrictEqual([1, 2, 3]);
    const [first = 0, second = 0, third = 0] = collector.arrivals.map(({ timeMs }) => timeMs);
    // Node's timers may fire a millisecond early.
    expect(Math.min(second - first, third - second)).toBeGreaterThanOrEqual(118);
    expect(collector.arrivals[2]?.sealedBytes).toStrictEqual(collector.arrivals[0]?.sealedBytes);
  });

  test('accepts and asks for a pause: the next batch keeps it', async () => {
    await start();
    collector.answer = () => ({ kind: 'accept', retryDelayMs: 150 });
    logMany(1);
    await telemetry.flush();
    logMany(1);
    await telemetry.flush();
    const [first = 0, second = 0] = collector.arrivals.map(({ timeMs }) => timeMs);
    expect(second - first).toBeGreaterThanOrEqual(148);
  });

  test('after a failure one batch goes out to see, and the others when that is answered', async () => {
    await start();
    let healthy = false;
    collector.answer = () => (healthy ? { kind: 'accept' } : { kind: 'defer', retryDelayMs: 1 });
    logMany(5_000);
    await vi.waitFor(() => expect(collector.arrivals.length).toBeGreaterThan(9), waiting);
    const probes = collector.messageSizes.slice(5);
    expect(Math.max(...probes)).toBe(1);
    // Not the same batch over and over.
    const probed = collector.arrivals.slice(-4).map(({ batch }) => batch.events[0]?.seq);
    expect(new Set(probed).size).toBeGreaterThan(1);
    healthy = true;
    expect(await telemetry.flush({ timeoutMs: 20_000 })).toMatchObject({ complete: true, acknowledged: 5_000 });
    expect(collector.storedNumbers()).toStrictEqual(numbers(5_000));
    expect(collector.conflicts).toStrictEqual([]);
  });

  test('for good: the numbers are declared, and the batch does not come again', async () => {
    await start();
    collector.answer = ({ batch }) =>
      batch.events.length > 0 ? { kind: 'reject', reason: ErrorReason.MALFORMED } : { kind: 'accept' };
    logMany(5);
    await telemetry.flush();
    await vi.waitFor(() => expect(telemetry.stats().undeclared).toBe(0), waiting);
    expect(telemetry.stats()).toMatchObject({ acknowledged: 0, pending: 0, droppedByReason: { rejected: 5 } });
    expect([...collector.declaredReasons()]).toStrictEqual(numbers(5).map((seq) => [seq, DropReason.REJECTED]));
    expect(collector.arrivals.filter(({ batch }) => batch.events.length > 0)).toHaveLength(1);
  });

  test('as too large: halved until it fits, and what is too large alone is declared', async () => {
    await start();
    collector.answer = ({ batch }) => {
      const tooLarge = batch.events.length > 100 || batch.events.some(({ name }) => name === 'never');
      return tooLarge ? { kind: 'reject', reason: ErrorReason.TOO_MANY_EVENTS } : { kind: 'accept' };
    };
    logMany(600);
    telemetry.log({ name: 'never' });
    logMany(399);
    await telemetry.flush();
    await vi.waitFor(() => expect(telemetry.stats().undeclared).toBe(0), waiting);
    expect(telemetry.stats()).toMatchObject({ acknowledged: 999, dropped: 1, pending: 0 });
    expect([...collector.declaredReasons()]).toStrictEqual([[601, DropReason.OVERSIZE]]);
    expect(collector.storedNumbers()).toHaveLength(999);
    expect(collector.conflicts).toStrictEqual([]);
    // The halves carry the attempt of the whole, raised.
    expect(Math.min(...collector.arrivals.slice(1, 3).map(({ attempt }) => attempt))).toBe(2);
  });

  test('as too large after an attempt of unknown fate: the batch must not be cut, and is declared', async () => {
    await start();
    collector.answer = ({ attempt, batch }) => {
      if (batch.events.length === 0) {
        return { kind: 'accept' };
      }
      return attempt === 1 ? { kind: 'break', keep: false } : { kind: 'reject', reason: ErrorReason.BATCH_TOO_LARGE };
    };
    logMany(10);
    await telemetry.flush();
    await vi.waitFor(() => expect(telemetry.stats().undeclared).toBe(0), waiting);
    expect(telemetry.stats()).toMatchObject({ acknowledged: 0, droppedByReason: { rejected: 10 } });
  });

  test('the key: nothing is dropped, the error says that a person has to do something, and all goes well once it is mended', async () => {
    await start();
    const kinds: string[] = [];
    telemetry.on('error', (error) => kinds.push(`${error.kind} ${error.reason}`));
    collector.answer = ({ attempt }) =>
      attempt < 3 ? { kind: 'reject', reason: ErrorReason.UNAUTHENTICATED } : { kind: 'accept' };
    logMany(5);
    expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 5, dropped: 0 });
    expect(kinds).toStrictEqual(Array(2).fill(`permanent ${ErrorReason.UNAUTHENTICATED}`));
  });

  test('the key, for the stream as a whole: the same', async () => {
    await start();
    const errors: string[] = [];
    telemetry.on('error', (error) => errors.push(`${error.kind}: ${error.message}`));
    collector.answer = ({ attempt }) =>
      attempt < 3 ? { kind: 'break', keep: false, status: Status.PERMISSION_DENIED } : { kind: 'accept' };
    logMany(5);
    expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 5, dropped: 0 });
    expect(errors).toHaveLength(2);
    expect(errors[0]).toContain('permanent: ');
    expect(errors[0]).toContain('PERMISSION_DENIED: as told');
  });
});

describe('a connection that breaks', () => {
  test('before the acknowledgement: what was taken comes again and is a duplicate, and nothing is counted twice', async () => {
    await start();
    collector.answer = ({ earlier }) => (earlier === 0 ? { kind: 'break', keep: true } : { kind: 'accept' });
    logMany(2_500);
    expect(await telemetry.flush({ timeoutMs: 20_000 })).toMatchObject({
      complete: true,
      acknowledged: 2_500,
      dropped: 0,
    });
    expect(telemetry.stats().duplicateBatches).toBe(3);
    expect(collector.storedNumbers()).toStrictEqual(numbers(2_500));
    expect(collector.conflicts).toStrictEqual([]);
    // Whoever sends again says so.
    expect(collector.arrivals.every(({ attempt, earlier }) => attempt > earlier)).toBe(true);
  });

  test('because the collector is killed: all goes on by itself when it is back', async () => {
    await start();
    logMany(1_500);
    await telemetry.flush();
    collector.kill();
    logMany(1_500);
    await telemetry.flush({ timeoutMs: 50 });
    expect(telemetry.stats().pending).toBe(1_500);
    await vi.waitFor(() => expect(telemetry.stats().connectionErrors).toBeGreaterThan(2), waiting);
    await collector.start();
    await vi.waitFor(() => expect(telemetry.stats()).toMatchObject({ acknowledged: 3_000, pending: 0 }), waiting);
    expect(collector.storedNumbers()).toStrictEqual(numbers(3_000));
    // An attempt that never reached a connection is none.
    expect(Math.max(...collector.arrivals.map(({ attempt }) => attempt))).toBeLessThanOrEqual(2);
  });

  test('that was never there: flush and shutdown keep their time, and say what is pending', async () => {
    await start();
    collector.kill();
    logMany(7);
    const beganMs = performance.now();
    expect(await telemetry.flush({ timeoutMs: 100 })).toMatchObject({ complete: false, pending: 7 });
    expect(await telemetry.shutdown({ timeoutMs: 100 })).toMatchObject({ complete: false, pending: 7, highestSeq: 7 });
    expect(performance.now() - beganMs).toBeLessThan(2_000);
  });

  test('silently: after the timeout the stream is made anew and the batch comes again', async () => {
    await start({ ackTimeoutMs: 150 });
    const messages: string[] = [];
    telemetry.on('error', ({ message }) => messages.push(message));
    collector.answer = ({ earlier }) => (earlier === 0 ? { kind: 'silence' } : { kind: 'accept' });
    logMany(3);
    expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 3 });
    expect(telemetry.stats().duplicateBatches).toBe(1);
    expect(messages[0]).toContain('no acknowledgement within 150 ms');
    expect(collector.streams).toBe(2);
    await vi.waitFor(() => expect(collector.openStreams).toBeLessThanOrEqual(1), waiting);
  });
});
