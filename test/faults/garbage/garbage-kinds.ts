import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { field, gzipRequest, plainRequest, sealedRequest, serialize } from '../../collector/support/batches.ts';
import { mutate } from '../../collector/support/mutate.ts';
import type { Random } from '../../collector/support/random.ts';
import { randomBatch } from '../../collector/support/random-batch.ts';
import { frame } from '../../support/grpc-messages.ts';

/** Where garbage goes: `host:port` each. */
export interface GarbageTargets {
  readonly grpcAddress: string;
  readonly webAddress: string;
  readonly sqlAddress: string;
}

/** Longest that one piece of garbage waits for an answer: nobody owes it one. */
const answerTimeoutMs = 1_000;
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const paths = [
  '/telemetry.v1.CollectorService/Publish',
  '/telemetry.v1.CollectorService/PublishStream',
  '/telemetry.v1.CollectorService/GetLimits',
  '/telemetry.v1.BlacklistService/GetBlacklist',
  '/telemetry.v1.BlacklistService/WatchBlacklist',
  '/telemetry.v1.BlacklistService/ListBlacklistChanges',
  '/grpc.health.v1.Health/Check',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/healthz',
  '/readyz',
  '/metrics',
  '/',
  '/?query=SELECT%201',
];

/** Kinds of garbage, by name. Each sends one piece and resolves when it was answered, refused, or has waited long enough. */
export const garbageKinds: Record<string, (random: Random, targets: GarbageTargets) => Promise<void>> = {
  'bytes on a port': (random, targets) =>
    sendBytes(random.pick(Object.values(targets)), random.bytes(random.between(1, 4_000))),
  'frames of HTTP/2': (random, { grpcAddress }) =>
    sendBytes(grpcAddress, Buffer.concat([preface, settings, ...many(random, 20, () => randomFrame(random))])),
  'a preface with faults': (random, { grpcAddress }) =>
    sendBytes(grpcAddress, mutate(random, Buffer.concat([preface, settings, randomFrame(random)]))),
  'messages of gRPC': (random, { grpcAddress }) =>
    call(
      grpcAddress,
      random.pick(paths),
      many(random, 4, () => grpcFrame(random, random.bytes(random.below(2_000)))),
    ),
  'batches with faults': (random, { grpcAddress }) => {
    const requests = many(random, 6, () => field(1, mutate(random, request(random))));
    return call(grpcAddress, '/telemetry.v1.CollectorService/PublishStream', [frame(Buffer.concat(requests))]);
  },
  'a batch with faults': (random, { grpcAddress }) =>
    call(grpcAddress, '/telemetry.v1.CollectorService/Publish', [frame(mutate(random, request(random)))]),
  'requests of HTTP': (random, { webAddress, sqlAddress }) =>
    sendBytes(random.pick([webAddress, sqlAddress]), mutate(random, httpRequest(random))),
};

function many<Item>(random: Random, countMax: number, make: () => Item): Item[] {
  return Array.from({ length: random.between(1, countMax) }, make);
}

/** A valid request of a random batch, in any of the forms. */
function request(random: Random): Uint8Array {
  const bytes = serialize(randomBatch(random, 20).batch);
  const attempt = random.between(0, 3);
  switch (random.below(4)) {
    case 0:
      return plainRequest(bytes, attempt);
    case 1:
      return gzipRequest(bytes, attempt);
    case 2:
      return sealedRequest(mutate(random, gzipSync(bytes)), 2, attempt);
    default:
      return sealedRequest(bytes, random.below(4), attempt);
  }
}

function randomFrame(random: Random): Buffer {
  const payload = random.bytes(random.pick([0, 4, 5, 8, random.below(300), random.below(20_000)]));
  const header = Buffer.alloc(9);
  header.writeUIntBE(random.chance(0.9) ? payload.length : random.below(2 ** 24), 0, 3);
  header[3] = random.below(12);
  header[4] = random.below(256);
  header.writeUInt32BE(random.pick([0, 1, 3, random.below(2 ** 32)]), 5);
  return Buffer.concat([header, payload]);
}

function grpcFrame(random: Random, message: Uint8Array): Buffer {
  const bytes = frame(message);
  if (random.chance(0.2)) bytes[0] = random.below(256);
  if (random.chance(0.2)) bytes.writeUInt32BE(random.below(2 ** 32), 1);
  return bytes;
}

function httpRequest(random: Random): Buffer {
  const body = random.chance(0.5)
    ? Buffer.from('{"batch":{"producerId":"AAECAwQFBgcICQoLDA0ODw==","core":{"product":{"name":"garbage"}}}}')
    : Buffer.from(request(random));
  const type = random.pick(['application/json', 'application/proto', 'application/grpc-web+proto', 'text/plain']);
  const head = [
    `${random.pick(['GET', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'BREW'])} ${random.pick(paths)} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Content-Type: ${type}`,
    random.chance(0.8) ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked',
    ...(random.chance(0.2) ? ['Content-Encoding: gzip'] : []),
    'Connection: close',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/** Writes bytes to a port and waits until the other side closes, or long enough. */
function sendBytes(address: string, bytes: Uint8Array): Promise<void> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    socket.setTimeout(answerTimeoutMs, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
    socket.end(bytes);
  });
}

/** Makes a call with these frames and waits until it ends, or long enough. */
function call(address: string, path: string, frames: readonly Buffer[]): Promise<void> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://${address}`);
    const timer = setTimeout(() => session.destroy(), answerTimeoutMs);
    session.on('error', () => {});
    session.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    stream.on('close', () => session.destroy());
    stream.resume();
    stream.end(Buffer.concat(frames));
  });
}
