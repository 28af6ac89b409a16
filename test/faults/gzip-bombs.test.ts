import { constants } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { Encoding, ErrorReason, Outcome, protocolLimits } from '@telemetry/gen';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { GRPC_COMPRESSED_CALLS_MAX, GRPC_MESSAGE_SIZE_BYTES_MAX } from '../../collector/src/limits.ts';
import { nameOf } from '../../collector/src/service/grpc-status.ts';
import { sealedRequest } from '../collector/support/batches.ts';
import { RawClient, status } from '../collector/support/raw-client.ts';
import { eventually } from '../support/eventually.ts';
import { frame } from '../support/grpc-messages.ts';
import { createSystem } from './support/create-system.ts';
import type { FaultSystem } from './support/fault-system.ts';
import { GoodClient } from './support/good-client.ts';
import { faultSeed } from './support/make-fault-batches.ts';
import { forgetPeak, memoryOf } from './support/memory.ts';
import { type CallEnd, openCall, openSession } from './support/raw-http2.ts';

const MIB = 1024 * 1024;
/** More than a batch may have decompressed, in as many bytes as one may have sealed. */
const bomb = gzipSync(Buffer.alloc(200 * MIB));
const member = gzipSync(Buffer.alloc(3 * MIB));

/** Each of them claims less than it holds, or holds it in a way that a bound could overlook. */
const bombs: [string, Buffer, ErrorReason][] = [
  ['one member', bomb, ErrorReason.BATCH_TOO_LARGE],
  ['a trailer that claims one byte', withClaim(bomb, 1), ErrorReason.BATCH_TOO_LARGE],
  ['a trailer that claims 4 GiB', withClaim(bomb, 2 ** 32 - 1), ErrorReason.BATCH_TOO_LARGE],
  ['many members, each within the bound', Buffer.concat(Array(60).fill(member)), ErrorReason.BATCH_TOO_LARGE],
  ['a large member behind many empty ones', emptyFirst(), ErrorReason.BATCH_TOO_LARGE],
  // The content is gzip, not a batch: nobody looks into it.
  ['a bomb in a bomb', gzipSync(bomb), ErrorReason.MALFORMED],
];

function withClaim(bytes: Buffer, sizeBytes: number): Buffer {
  const claiming = Buffer.from(bytes);
  claiming.writeUInt32LE(sizeBytes, claiming.length - 4);
  return claiming;
}

function emptyFirst(): Buffer {
  return Buffer.concat([...Array<Buffer>(1_000).fill(gzipSync(Buffer.alloc(0))), bomb]);
}

let system: FaultSystem;
let good: GoodClient;
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  system = await createSystem({}, (end) => cleanUps.unshift(end));
  await system.start('collector');
  good = new GoodClient(system.grpcAddress, 'bombs', faultSeed('gzip bombs'));
});

afterAll(async () => {
  good.close();
  for (const cleanUp of cleanUps) await cleanUp();
});

let idleMib = 0;

beforeEach(() => {
  idleMib = memoryOf(system.collector.pid).residentMib;
  forgetPeak(system.collector.pid);
  good.start();
});

afterEach(async ({ task }) => {
  await good.stop();
  system.expectAlive();
  const { peakMib } = memoryOf(system.collector.pid);
  console.info(`${task.name}: ${idleMib} MiB before, ${peakMib} at most`);
});

test('every kind of bomb is refused with its reason', async () => {
  const client = new RawClient(system.grpcAddress);
  for (const [name, bytes, reason] of bombs) {
    expect(bytes.length, name).toBeLessThan(protocolLimits.sealedBytesMax);
    const refusal = await client.publishRefused(sealedRequest(bytes, Encoding.GZIP));
    expect(refusal, name).toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: nameOf(reason),
    });
  }
  client.close();
  expect(memoryOf(system.collector.pid).peakMib - idleMib).toBeLessThan(100);
});

test('many bombs at once take the memory of one, and are refused each', async () => {
  const clients = Array.from({ length: 10 }, () => new RawClient(system.grpcAddress));
  const perStream = 10;
  const acks = await Promise.all(
    clients.map(async (client) => {
      const stream = client.stream();
      for (let sent = 0; sent < perStream; sent++) {
        const [, bytes] = bombs[sent % (bombs.length - 1)] ?? [];
        await stream.send(sealedRequest(bytes ?? bomb, Encoding.GZIP));
      }
      stream.end();
      return stream.nextAcks(perStream);
    }),
  );
  for (const client of clients) client.close();
  for (const ack of acks.flat()) {
    expect(ack).toMatchObject({ outcome: Outcome.REJECTED, rejection: { reason: ErrorReason.BATCH_TOO_LARGE } });
  }
  expect(memoryOf(system.collector.pid).peakMib - idleMib).toBeLessThan(150);
});

test('bombs by the compression of the transport are bounded by their number', async () => {
  const message = gzipSync(Buffer.alloc(100 * MIB));
  const ends: CallEnd[] = [];
  const calls = 4 * GRPC_COMPRESSED_CALLS_MAX;
  // Few on each connection: one that has too many of its calls reset is closed whole.
  const sessions = await Promise.all(Array.from({ length: 8 }, () => openSession(system.grpcAddress)));
  for (const session of sessions) {
    for (let index = 0; index < calls / sessions.length; index++) {
      const call = openCall(session, 'Publish', { 'grpc-encoding': 'gzip' });
      call.stream.end(frame(message, true));
      void call.ended.then((end) => ends.push(end));
    }
  }
  await eventually(
    () => (ends.length === calls ? true : undefined),
    30_000,
    () => `${ends.length} have ended`,
  );
  for (const session of sessions) session.destroy();
  const reset = ends.filter(({ resetCode }) => resetCode === constants.NGHTTP2_ENHANCE_YOUR_CALM).length;
  expect(reset).toBeGreaterThan(0);
  // RESOURCE_EXHAUSTED, with the bound that it broke.
  const refused = ends.filter(({ grpcStatus }) => grpcStatus === status.RESOURCE_EXHAUSTED);
  expect(refused.length).toBe(calls - reset);
  expect(refused[0]?.message).toContain(String(GRPC_MESSAGE_SIZE_BYTES_MAX));
  const allowedMib = (GRPC_COMPRESSED_CALLS_MAX * GRPC_MESSAGE_SIZE_BYTES_MAX) / MIB;
  expect(memoryOf(system.collector.pid).peakMib - idleMib).toBeLessThan(allowedMib + 150);
});
