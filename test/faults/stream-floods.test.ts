import { type ClientHttp2Session, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import * as limits from '../../collector/src/limits.ts';
import { eventually } from '../support/eventually.ts';
import { frame } from '../support/grpc-messages.ts';
import { metric } from '../web/support/web-collector.ts';
import { createSystem } from './support/create-system.ts';
import { expectStoredOnce } from './support/expect-stored-once.ts';
import type { FaultSystem } from './support/fault-system.ts';
import { GoodClient } from './support/good-client.ts';
import { faultSeed } from './support/make-fault-batches.ts';
import { forgetPeak, memoryOf } from './support/memory.ts';
import { openCall, openSession, type RawCall } from './support/raw-http2.ts';
import { untilDrained } from './support/until-drained.ts';

const MIB = 1024 * 1024;
/** The heap that `serve` allows it (384), half-sent messages (64), staging buffers (32), and Node itself (60). */
const collectorMibMax = 540;

let system: FaultSystem;
let good: GoodClient;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const seed = faultSeed('floods');
  system = await createSystem({}, (end) => cleanUps.unshift(end));
  await system.start('warehouse', 'collector');
  good = new GoodClient(system.grpcAddress, 'floods', seed);
});

afterAll(async () => {
  good.close();
  for (const cleanUp of cleanUps) await cleanUp();
});

// All the while somebody behaves, and is served.
beforeEach(() => {
  forgetPeak(system.collector.pid);
  good.start();
});

afterEach(async ({ task }) => {
  await good.stop();
  system.expectAlive();
  const { peakMib } = memoryOf(system.collector.pid);
  console.info(`${task.name}: collector ${peakMib} MiB at most, slowest good message ${good.slowestMs.toFixed(0)} ms`);
  good.slowestMs = 0;
  expect(peakMib).toBeLessThan(collectorMibMax);
});

/** Connections that end with the test. */
async function openSessions(count: number): Promise<ClientHttp2Session[]> {
  const sessions = await Promise.all(Array.from({ length: count }, () => openSession(system.grpcAddress)));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  return sessions;
}

/** Sockets that connect and then say no more than `opening`. */
async function openSockets(count: number, opening: Buffer): Promise<Socket[]> {
  const [host, port] = system.grpcAddress.split(':');
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index++) {
    const socket = connect(Number(port), host);
    socket.on('error', () => {});
    socket.on('connect', () => socket.write(opening));
    sockets.push(socket);
    if (index % 100 === 99) await setTimeout(5);
  }
  return sockets;
}

describe('floods of', () => {
  test.each([
    ['connections that say nothing', Buffer.alloc(0)],
    ['connections that say half a preface', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM')],
    [
      'connections that say a preface and nothing more',
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'),
    ],
  ])('%s', async (_name, opening) => {
    const sockets = await openSockets(1_500, opening);
    await setTimeout(300);
    for (const socket of sockets) socket.destroy();
  });

  test('open streams: past the bound a call is refused with a time to come back, and none of the others is', async () => {
    const sessions = await openSessions(limits.GRPC_CALLS_OPEN_MAX / limits.GRPC_CALLS_PER_CONNECTION_MAX + 1);
    expect(sessions[0]?.remoteSettings.maxConcurrentStreams).toBe(limits.GRPC_CALLS_PER_CONNECTION_MAX);
    let refused = 0;
    let ended = 0;
    const calls: RawCall[] = [];
    for (const session of sessions) {
      for (let index = 0; index < limits.GRPC_CALLS_PER_CONNECTION_MAX; index++) {
        const call = openCall(session, 'PublishStream');
        calls.push(call);
        void call.ended.then((end) => {
          ended++;
          if (end.grpcStatus === 8 && end.hasRetryInfo && end.message.includes('Too many calls')) refused++;
        });
      }
      await setTimeout(10);
    }
    const above = calls.length - limits.GRPC_CALLS_OPEN_MAX;
    await eventually(
      () => (refused >= above ? true : undefined),
      20_000,
      () => `${refused} of ${above} were refused, ${ended} have ended`,
    );
    expect(ended).toBe(refused);
    const streams = async () => metric(await system.metrics(), 'telemetry_streams_open');
    expect(await streams()).toBeGreaterThan(limits.GRPC_CALLS_OPEN_MAX - 2);
    expect(await streams()).toBeLessThanOrEqual(limits.GRPC_CALLS_OPEN_MAX);
    for (const session of sessions) session.destroy();
    await eventually(async () => ((await streams()) <= 1 ? true : undefined), 20_000);
    // There is room again.
    const session = await openSession(system.grpcAddress);
    const call = openCall(session, 'PublishStream');
    call.stream.end();
    expect(await call.ended).toMatchObject({ grpcStatus: 0 });
    session.destroy();
  });

  test('calls of which only the headers come', async () => {
    const sessions = await openSessions(4);
    for (const session of sessions) {
      for (let index = 0; index < limits.GRPC_CALLS_PER_CONNECTION_MAX; index++) openCall(session, 'Publish');
    }
    await setTimeout(500);
    for (const session of sessions) session.destroy();
  });

  test('calls that are reset at once', async () => {
    for (let connection = 0; connection < 20; connection++) {
      const session = await openSession(system.grpcAddress);
      // A server that has enough of it closes the connection.
      for (let index = 0; index < 1_000 && !session.destroyed && !session.closed; index++) {
        openCall(session, 'PublishStream').stream.close(constants.NGHTTP2_CANCEL);
        if (index % 100 === 99) await setTimeout(1);
      }
      session.destroy();
    }
  });

  test('messages of which only a part comes: the largest are ended, whole ones pass', async () => {
    const sessions = await openSessions(4);
    const part = frame(Buffer.alloc(12 * MIB), false, limits.GRPC_MESSAGE_SIZE_BYTES_MAX);
    const calls = sessions.flatMap((session) => Array.from({ length: 8 }, () => openCall(session, 'Publish')));
    expect(calls.length * part.length).toBeGreaterThan(2 * limits.GRPC_PARTIAL_SIZE_BYTES_MAX);
    let calmed = 0;
    for (const { stream, ended } of calls) {
      stream.write(part);
      void ended.then(({ resetCode }) => {
        if (resetCode === constants.NGHTTP2_ENHANCE_YOUR_CALM) calmed++;
      });
    }
    const above = Math.ceil((calls.length * part.length - limits.GRPC_PARTIAL_SIZE_BYTES_MAX) / part.length) - 1;
    await eventually(
      () => (calmed >= above ? true : undefined),
      30_000,
      () => `${calmed} of ${above} were ended`,
    );
    for (const session of sessions) session.destroy();
  });
});

test('after all floods what the good client sent is stored once', async () => {
  await good.stop();
  await untilDrained(system);
  expect(good.sent.length).toBeGreaterThan(100);
  await expectStoredOnce(system, good.product, good.sent);
});
