import { randomBytes } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { BlacklistService, ErrorReason, GetLimitsRequestSchema, Outcome } from '@telemetry/gen';
import { grpcService } from '@telemetry/gen/grpc-service';
import { ClientError, createChannel, createClient as createGrpcClient, Metadata, Status } from 'nice-grpc';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { plainRequest, serialize } from '../collector/support/batches.ts';
import { runCollector, spooledBatches } from '../collector/support/collector.ts';
import { RawClient, type RichError, status } from '../collector/support/raw-client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { freshBatch } from '../web/support/requests.ts';
import { KeyBook } from './support/keys.ts';

const LIMITS = '/telemetry.v1.CollectorService/GetLimits';

let book: KeyBook;

beforeEach(() => {
  book = new KeyBook(temporaryFolder(onTestFinished));
});

function request(product = 'editor'): Uint8Array {
  return plainRequest(serialize(freshBatch(product)));
}

async function collectorWithKeys() {
  const running = await runCollector({ keysFile: book.path });
  const client = (key?: string) => {
    const made = new RawClient(running.collector.grpcAddress, key);
    onTestFinished(() => made.close());
    return made;
  };
  return { ...running, as: client };
}

/** The blacklist's service as a stock client calls it; a call that must fail tells its status. */
function blacklist(address: string, key?: string) {
  const channel = createChannel(address);
  onTestFinished(() => channel.close());
  const metadata = Metadata(key === undefined ? {} : { authorization: `Bearer ${key}` });
  return createGrpcClient(grpcService(BlacklistService), channel, { '*': { metadata } });
}

async function statusOf(call: Promise<unknown>): Promise<Status | 'OK'> {
  try {
    await call;
    return 'OK';
  } catch (error) {
    if (error instanceof ClientError) return error.code;
    throw error;
  }
}

test('without keys nobody is asked for one', async () => {
  const { as } = await collectorWithKeys();
  expect((await as().publish(request())).outcome).toBe(Outcome.ACCEPTED);
});

test.each([
  ['none', undefined],
  ['a wrong one', `tk_${'0'.repeat(12)}_${'0'.repeat(64)}`],
  ['no key at all', 'secret'],
])('with %s, a batch is refused as unauthenticated', async (_, key) => {
  await book.add('ingest', ['editor']);
  const { as, dataDir } = await collectorWithKeys();
  const refused: RichError = await as(key).publishRefused(request());
  expect(refused).toMatchObject({
    code: status.UNAUTHENTICATED,
    reason: 'ERROR_REASON_UNAUTHENTICATED',
    domain: 'telemetry.v1',
    retryDelayMs: undefined,
  });
  expect(refused.message).not.toContain('0000000');
  const stream = as(key).stream();
  await stream.send(request());
  expect((await stream.ended)?.reason).toBe('ERROR_REASON_UNAUTHENTICATED');
  expect(await spooledBatches(dataDir)).toHaveLength(0);
});

test('an ingest key sends for its products, and for no other', async () => {
  const { as, dataDir } = await collectorWithKeys();
  const key = await book.add('ingest', ['editor', 'viewer']);
  // The collector has started without keys: it sees them within two seconds.
  await expect
    .poll(
      async () =>
        (
          await as()
            .publishRefused(request())
            .catch(() => undefined)
        )?.code,
      { timeout: 3_000 },
    )
    .toBe(status.UNAUTHENTICATED);
  expect((await as(key).publish(request('viewer'))).outcome).toBe(Outcome.ACCEPTED);
  const refused = await as(key).publishRefused(request('other'));
  expect(refused).toMatchObject({ code: status.PERMISSION_DENIED, reason: 'ERROR_REASON_PERMISSION_DENIED' });
  expect(refused.message).toContain('"other"');
  const products = (await spooledBatches(dataDir)).map(({ core }) => core?.product?.name);
  expect(products).not.toContain('other');
});

test('on a stream the batch of a foreign product is refused, and its neighbours are taken', async () => {
  const key = await book.add('ingest', ['editor']);
  const { as } = await collectorWithKeys();
  const stream = as(key).stream();
  await stream.send(request(), request('other'), request());
  stream.end();
  const acks = await stream.nextAcks(3);
  expect(acks.map(({ outcome }) => outcome)).toEqual([Outcome.ACCEPTED, Outcome.REJECTED, Outcome.ACCEPTED]);
  expect(acks[1]?.rejection).toMatchObject({ reason: ErrorReason.PERMISSION_DENIED, field: 'core.product.name' });
  expect(await stream.ended).toBeUndefined();
});

test('a key for all products sends for any', async () => {
  const key = await book.add('ingest', 'all');
  const { as } = await collectorWithKeys();
  expect((await as(key).publish(request('whatever'))).outcome).toBe(Outcome.ACCEPTED);
});

test.each(['admin', 'reader'] as const)('an %s key does not send', async (role) => {
  const key = await book.add(role);
  const { as } = await collectorWithKeys();
  expect((await as(key).publishRefused(request())).code).toBe(status.PERMISSION_DENIED);
  const stream = as(key).stream();
  await stream.send(request());
  expect((await stream.ended)?.code).toBe(status.PERMISSION_DENIED);
});

test('each call wants the role that it is for', async () => {
  const ingest = await book.add('ingest', ['editor']);
  const admin = await book.add('admin', [], 'anna');
  const reader = await book.add('reader');
  const { collector, as } = await collectorWithKeys();
  const limits = toBinary(GetLimitsRequestSchema, { $typeName: 'telemetry.v1.GetLimitsRequest' });
  const codes = async (key?: string) => {
    const client = blacklist(collector.grpcAddress, key);
    return [
      await as(key)
        .call(LIMITS, limits)
        .then(
          () => 'OK',
          ({ code }: { code: number }) => code,
        ),
      await statusOf(client.getBlacklist({})),
      await statusOf(client.listBlacklistChanges({})),
      await statusOf(client.changeBlacklist({ reason: 'test' })),
    ];
  };
  const { UNAUTHENTICATED, PERMISSION_DENIED, INVALID_ARGUMENT, UNAVAILABLE } = Status;
  expect(await codes()).toEqual([UNAUTHENTICATED, UNAUTHENTICATED, UNAUTHENTICATED, UNAUTHENTICATED]);
  expect(await codes(ingest)).toEqual(['OK', 'OK', PERMISSION_DENIED, PERMISSION_DENIED]);
  // Through: there is no warehouse to ask, and nothing to change.
  expect(await codes(admin)).toEqual(['OK', 'OK', UNAVAILABLE, INVALID_ARGUMENT]);
  expect(await codes(reader)).toEqual([PERMISSION_DENIED, PERMISSION_DENIED, PERMISSION_DENIED, PERMISSION_DENIED]);
});

test('health and reflection are open, and nothing else that may come', async () => {
  await book.add('ingest', ['editor']);
  const { as } = await collectorWithKeys();
  await expect(as().call('/grpc.health.v1.Health/Check', new Uint8Array(0))).resolves.toBeDefined();
  const listServices = Buffer.from([0x3a, 0x00]);
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  expect((await as().streamOnce(path, listServices)).toString('latin1')).toContain('CollectorService');
  await expect(as().call('/telemetry.v1.CollectorService/Later', new Uint8Array(0))).rejects.toMatchObject({
    code: expect.toSatisfy((code: number) => code === status.UNAUTHENTICATED || code === status.UNIMPLEMENTED),
  });
});

test('a revoked key ends open streams within seconds, after what was read is acknowledged', async () => {
  const key = await book.add('ingest', ['editor']);
  const other = await book.add('ingest', ['editor']);
  const { as, collector } = await collectorWithKeys();
  const [stream, stays] = [as(key).stream(), as(other).stream()];
  await Promise.all([stream.send(request()), stays.send(request())]);
  await Promise.all([stream.nextAcks(1), stays.nextAcks(1)]);
  const watch = blacklist(collector.grpcAddress, key).watchBlacklist({ knownVersion: 7n })[Symbol.asyncIterator]();
  await watch.next();
  const watched = statusOf(watch.next());
  const revokedMs = performance.now();
  await book.revoke(key);
  expect((await stream.ended)?.reason).toBe('ERROR_REASON_UNAUTHENTICATED');
  expect(await watched).toBe(Status.UNAUTHENTICATED);
  expect(performance.now() - revokedMs).toBeLessThan(3_000);
  expect((await as(key).publishRefused(request())).code).toBe(status.UNAUTHENTICATED);
  await stays.send(request());
  expect((await stays.nextAcks(2))[1]?.outcome).toBe(Outcome.ACCEPTED);
});

test('the first key ends streams that came without one', async () => {
  const { as } = await collectorWithKeys();
  const stream = as().stream();
  await stream.send(request());
  await stream.nextAcks(1);
  await book.add('ingest', ['editor']);
  expect((await stream.ended)?.reason).toBe('ERROR_REASON_UNAUTHENTICATED');
});

test('the web port asks for the same keys', async () => {
  const ingest = await book.add('ingest', ['editor']);
  const running = await runCollector({ keysFile: book.path, webAddress: '127.0.0.1:0' });
  const url = `http://${running.collector.webAddress}`;
  const publish = (key?: string, product = 'editor') =>
    fetch(`${url}/telemetry.v1.CollectorService/Publish`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({
        batch: {
          producerId: randomBytes(16).toString('base64'),
          core: { product: { name: product } },
          events: [{ seq: '1', timeUnixUs: String(Date.now() * 1000), name: 'a' }],
        },
      }),
    });
  const none = await publish();
  expect(none.status).toBe(401);
  expect(await none.json()).toMatchObject({ code: 'unauthenticated' });
  expect((await publish(ingest)).status).toBe(200);
  expect((await publish(ingest, 'other')).status).toBe(403);
  const client = createClient(BlacklistService, createConnectTransport({ baseUrl: url, httpVersion: '1.1' }));
  const error = await client
    .changeBlacklist({}, { headers: { authorization: `Bearer ${ingest}` } })
    .catch((one: unknown) => one);
  expect(ConnectError.from(error).code).toBe(Code.PermissionDenied);
  // On loopback the metrics are for everybody, as health is everywhere.
  for (const path of ['/healthz', '/readyz', '/metrics']) expect((await fetch(url + path)).status).not.toBe(401);
});

test('metrics beyond loopback want a reader or admin key', async () => {
  const reader = await book.add('reader');
  const ingest = await book.add('ingest', ['editor']);
  const over = { webAddress: '0.0.0.0:0', dangerouslyAllowRemote: true };
  const { collector } = await runCollector({ keysFile: book.path, ...over });
  const url = `http://127.0.0.1:${collector.webAddress?.split(':')[1]}`;
  const statusOfMetrics = async (key?: string) =>
    (await fetch(`${url}/metrics`, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await statusOfMetrics()).toBe(401);
  expect(await statusOfMetrics(ingest)).toBe(403);
  expect(await statusOfMetrics(reader)).toBe(200);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});

test('with requireKeys nobody comes in before there is a key', async () => {
  const { client } = await runCollector({ keysFile: book.path, requireKeys: true });
  expect((await client.publishRefused(request())).code).toBe(status.UNAUTHENTICATED);
});
