import { once } from 'node:events';
import { constants } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createTelemetry, grpcChannel } from '@telemetry/client';
import { ErrorReason } from '@telemetry/gen';
import { Status } from 'nice-grpc';
import { expect, vi } from 'vitest';
import { MisbehavingCollector } from '../../client/support/misbehaving-collector.ts';
import { expectKind, expectRawKind } from '../support/expect-kind.ts';
import type { RowTests } from '../support/row-test.ts';
import { numbers, openRawScene, openScene, Scene, shortRetry } from '../support/scene.ts';

const waiting = { timeout: 20_000, interval: 5 };

/** A server that is none of ours: what it does with connections; the client keeps everything and tries again. */
async function expectKeptBy(onConnection: (socket: Socket) => void, message: string): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const channel = grpcChannel(address, { connectTimeoutMs: 100 });
  const telemetry = createTelemetry({ product: { name: 'editor' }, channel, retry: shortRetry, flushIntervalMs: 10 });
  const messages: string[] = [];
  telemetry.on('error', (error) => messages.push(`${error.kind}: ${error.message}`));
  telemetry.log({ name: 'kept' });
  await vi.waitFor(() => expect(messages.length).toBeGreaterThan(2), waiting);
  expect(messages.join('\n')).toContain(`retryable: ${address}: ${message}`);
  expect(telemetry.stats()).toMatchObject({ pending: 1, dropped: 0, acknowledged: 0 });
  await telemetry.shutdown({ timeoutMs: 10 });
  server.close();
}

/** Of connections and streams. */
export const connectionRows: RowTests = {
  'connection-refused': async () => {
    const collector = await new MisbehavingCollector().start();
    collector.kill();
    await using scene = new Scene(collector, {}, 5_000);
    scene.log(6);
    await vi.waitFor(() => expect(scene.errors.length).toBeGreaterThan(2), waiting);
    expect(scene.errors.every(({ kind }) => kind === 'retryable')).toBe(true);
    await collector.start();
    await scene.settle();
    expect(scene.eventArrivals.map(({ attempt }) => attempt)).toStrictEqual([1]);
  },
  'connection-silent': () => expectKeptBy(() => {}, 'no connection within 100 ms'),
  'connection-not-http2': () =>
    expectKeptBy((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'cannot connect'),
  'connection-reset': async () => {
    await expectRawKind('retry', (call) => call.socket.resetAndDestroy());
    await using scene = await openRawScene();
    scene.collector.onMessage = (call, arrivals) =>
      call.stream.session !== undefined && scene.collector.connections === 1
        ? call.socket.resetAndDestroy()
        : call.accept(arrivals);
    scene.logBatches(12);
    await scene.settle();
  },
  'connection-cut-message': async () => {
    await using scene = await openRawScene();
    const { collector } = scene;
    collector.reads = (stream) => stream > 0;
    collector.onStream = (call, stream) => {
      if (stream === 0) {
        // A part of the first message is here, the others are on their way.
        call.stream.once('data', () => call.socket.resetAndDestroy());
      }
    };
    for (let index = 0; index < 300; index++) {
      const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(700))).toString('base64');
      scene.telemetry.log({ name: 'noise', properties: { noise } });
    }
    await scene.settle();
    expect(Math.min(...scene.eventArrivals.map(({ attempt }) => attempt))).toBeGreaterThan(0);
    expect(scene.eventArrivals[0]?.attempt).toBe(2);
  },
  'connection-half-open': async () => {
    await using scene = await openScene({ ackTimeoutMs: 500 });
    scene.collector.answer = ({ stream }) => (stream === 0 ? { kind: 'silence' } : { kind: 'accept' });
    // The wait begins as it is sent, which may be well before the collector has read it.
    const startMs = performance.now();
    scene.log(6);
    await scene.settle();
    expect(scene.errors[0]?.message).toContain('no acknowledgement within 500 ms');
    expect(scene.eventArrivals.map(({ attempt }) => attempt)).toStrictEqual([1, 2]);
    expect((scene.eventArrivals[1]?.timeMs ?? 0) - startMs).toBeGreaterThanOrEqual(498);
  },
  'connection-no-window': async () => {
    await using scene = await openRawScene({ ackTimeoutMs: 500, windowBatches: 2 });
    scene.collector.reads = (stream) => stream > 0;
    for (let index = 0; index < 1_000; index++) {
      const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(700))).toString('base64');
      scene.telemetry.log({ name: 'noise', properties: { noise } });
    }
    await scene.settle();
    expect(scene.errors[0]?.message).toContain('no acknowledgement within 500 ms');
    // Two were under way: handed to a connection that took nothing, of which nobody can know.
    expect(scene.eventArrivals.filter(({ attempt }) => attempt > 1)).toHaveLength(2);
  },
  'goaway-in-order': async () => {
    await using scene = await openRawScene();
    const { collector } = scene;
    collector.onMessage = (call, arrivals) => {
      if (collector.arrivals.length === 1) {
        call.session.goaway(constants.NGHTTP2_NO_ERROR);
      }
      call.accept(arrivals);
    };
    scene.log(3);
    await vi.waitFor(() => expect(scene.telemetry.stats()).toMatchObject({ pending: 0, connected: false }), waiting);
    scene.log(3);
    await scene.settle();
    expect(scene.eventArrivals.map(({ attempt }) => attempt)).toStrictEqual([1, 1]);
    expect(collector.connections).toBe(2);
    expect(scene.errors).toStrictEqual([]);
  },
  'goaway-calm': () =>
    expectRawKind('retry', (call) => {
      call.session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      call.session.destroy();
    }),
  'stream-refused': () => expectRawKind('retry', (call) => call.stream.close(constants.NGHTTP2_REFUSED_STREAM)),
  'stream-reset': () => expectRawKind('retry', (call) => call.stream.close(constants.NGHTTP2_INTERNAL_ERROR)),
  'end-unanswered': async () => {
    await expectKind('retry', { kind: 'end' });
    await expectRawKind('retry', (call) => call.end(Status.OK));
  },
  'end-drain': async () => {
    await using scene = await openScene();
    const { collector } = scene;
    const details = { reason: ErrorReason.SHUTTING_DOWN };
    collector.answer = ({ stream }) =>
      stream === 0 && collector.arrivals.length > 2 ? { kind: 'break', keep: false, details } : { kind: 'accept' };
    scene.logBatches(2);
    await vi.waitFor(() => expect(scene.telemetry.stats().acknowledged).toBeGreaterThan(0), waiting);
    scene.logBatches(6);
    await scene.settle();
    const answered = collector.arrivals.slice(0, 2).map(({ batch }) => batch.events[0]?.seq);
    for (const seq of answered) {
      expect(scene.eventArrivals.filter(({ batch }) => batch.events[0]?.seq === seq)).toHaveLength(1);
    }
    expect(collector.storedNumbers()).toStrictEqual(numbers(scene.telemetry.stats().highestSeq));
  },
};
