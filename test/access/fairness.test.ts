import { randomBytes } from 'node:crypto';
import { Outcome } from '@telemetry/gen';
import { KeyWatch } from '@telemetry/warehouse';
import { createServer } from 'nice-grpc';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AccessGate } from '../../collector/src/access/access-gate.ts';
import { FairBound } from '../../collector/src/fairness/fair-bound.ts';
import { mayTakeMore } from '../../collector/src/fairness/may-take-more.ts';
import { SpoolShares } from '../../collector/src/fairness/spool-shares.ts';
import { FAIR_SHARE_FACTOR } from '../../collector/src/limits.ts';
import { accessInterceptor } from '../../collector/src/service/access-interceptor.ts';
import { collectorServiceDefinition } from '../../collector/src/service/collector-service.ts';
import { RetryDelay } from '../../collector/src/service/retry-delay.ts';
import { WebLoad } from '../../collector/src/web/web-load.ts';
import { batch, event, plainRequest, serialize } from '../collector/support/batches.ts';
import { runCollector } from '../collector/support/collector.ts';
import { RawClient, status } from '../collector/support/raw-client.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { KeyBook } from './support/keys.ts';

const MIB = 1024 * 1024;

describe('the judgement', () => {
  test('one alone may take all there is, and no more', () => {
    const alone = { bound: 100, sharers: 1 };
    expect(mayTakeMore({ ...alone, heldByOne: 99, heldByAll: 99 })).toBe(true);
    expect(mayTakeMore({ ...alone, heldByOne: 100, heldByAll: 100 })).toBe(false);
    expect(mayTakeMore({ ...alone, heldByOne: 101, heldByAll: 101 })).toBe(false);
  });

  test('one of several is refused from its share on', () => {
    // Held by one: four times what is free.
    const shared = { bound: 100, sharers: 2, heldByAll: 80 };
    expect(FAIR_SHARE_FACTOR).toBe(4);
    expect(mayTakeMore({ ...shared, heldByOne: 79 })).toBe(true);
    expect(mayTakeMore({ ...shared, heldByOne: 80 })).toBe(false);
    expect(mayTakeMore({ ...shared, heldByOne: 81 })).toBe(false);
    // Somebody who has little may take from what is left.
    expect(mayTakeMore({ ...shared, heldByOne: 0 })).toBe(true);
  });

  test('nobody is refused before half is taken', () => {
    for (let held = 0; held <= 50; held++) {
      expect(mayTakeMore({ bound: 100, sharers: 1_000, heldByOne: held, heldByAll: held })).toBe(true);
    }
  });

  test('whatever the greedy do, who has little finds room', () => {
    const seed = Number(randomBytes(4).readUInt32LE());
    const random = seededRandom(seed);
    for (let round = 0; round < 50; round++) {
      const greedy = 1 + Math.floor(random() * 20);
      const shares = new FairBound(10_000, () => greedy + 1);
      let isRoom = true;
      while (isRoom) {
        isRoom = false;
        for (let one = 0; one < greedy; one++) {
          const amount = 1 + Math.floor(random() * 10);
          if (shares.enter(`greedy ${one}`, amount) !== undefined) isRoom = true;
        }
      }
      expect(shares.enter('modest', 1), `seed ${seed}, round ${round}`).toBeDefined();
    }
  });
});

test('what is given back can be taken again, and is given back once', () => {
  const bound = new FairBound(5, () => 2);
  const leaves = Array.from({ length: 5 }, () => bound.enter('a', 1));
  // Four times the one that is left.
  expect(leaves.map((leave) => leave !== undefined)).toEqual([true, true, true, true, false]);
  expect(bound.enter('b', 1)).toBeDefined();
  leaves[0]?.();
  leaves[0]?.();
  leaves[1]?.();
  expect(bound.enter('a', 1)).toBeDefined();
});

test('shares of the spool go with their segments', () => {
  const shares = new SpoolShares();
  shares.enter(
    's1',
    new Map([
      ['a', 10],
      ['b', 5],
    ]),
  );
  shares.enter('s1', new Map([['a', 1]]));
  shares.enter('s2', new Map([['a', 100]]));
  expect([shares.heldBy('a'), shares.heldBy('b'), shares.total, shares.holdersWith('c')]).toEqual([111, 5, 116, 3]);
  shares.leave('s1');
  shares.leave('s1');
  shares.leave('unknown');
  expect([shares.heldBy('a'), shares.heldBy('b'), shares.total, shares.holdersWith('a')]).toEqual([100, 0, 100, 1]);
});

/** A batch that takes some 100 KiB in the spool. */
function large(product: string): Uint8Array {
  const timeUnixUs = BigInt(Date.now()) * 1000n;
  const value = () => randomBytes(4_000).toString('hex');
  const events = Array.from({ length: 13 }, (_, index) =>
    event(index + 1, { timeUnixUs, properties: { text: value() } }),
  );
  return plainRequest(serialize(batch({ producerId: randomBytes(16), core: { product: { name: product } }, events })));
}

/** Sends until it is refused; returns how many were taken, and the refusal. */
async function fill(client: RawClient, product: string) {
  for (let taken = 0; taken < 1_000; taken++) {
    try {
      await client.publish(large(product));
    } catch {
      return { taken, refusal: await client.publishRefused(large(product)) };
    }
  }
  throw new Error('was never refused');
}

test('a key that fills the spool is refused while others still find room, after a restart too', async () => {
  const book = new KeyBook(temporaryFolder(onTestFinished));
  const [greedy, modest] = [await book.add('ingest', ['greedy']), await book.add('ingest', ['modest'])];
  const dataDir = temporaryFolder(onTestFinished);
  const options = { dataDir, keysFile: book.path, spoolSizeBytesMax: 4 * MIB };
  const as = (address: string, key: string) => {
    const client = new RawClient(address, key);
    onTestFinished(() => client.close());
    return client;
  };
  const first = await runCollector(options);
  const { taken, refusal } = await fill(as(first.collector.grpcAddress, greedy), 'greedy');
  expect(refusal).toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: 'ERROR_REASON_OVERLOADED' });
  expect(refusal.retryDelayMs).toBeGreaterThan(0);
  // Four fifths of the quota, and not all of it.
  const share = (taken * 104_500) / (4 * MIB);
  expect(share).toBeGreaterThan(0.75);
  expect(share).toBeLessThan(0.88);
  expect((await as(first.collector.grpcAddress, modest).publish(large('modest'))).outcome).toBe(Outcome.ACCEPTED);
  await first.collector.close({ drainTimeoutMs: 0 });

  // What is left is known by its product.
  const second = await runCollector(options);
  expect((await as(second.collector.grpcAddress, greedy).publishRefused(large('greedy'))).code).toBe(
    status.RESOURCE_EXHAUSTED,
  );
  expect((await as(second.collector.grpcAddress, modest).publish(large('modest'))).outcome).toBe(Outcome.ACCEPTED);
});

test('the only key may fill the spool', async () => {
  const book = new KeyBook(temporaryFolder(onTestFinished));
  const only = await book.add('ingest', 'all');
  const { collector } = await runCollector({ keysFile: book.path, spoolSizeBytesMax: 2 * MIB });
  const client = new RawClient(collector.grpcAddress, only);
  onTestFinished(() => client.close());
  expect(((await fill(client, 'editor')).taken * 104_500) / (2 * MIB)).toBeGreaterThan(0.95);
});

test('open calls are shared among keys, on streams that stay', async () => {
  const book = new KeyBook(temporaryFolder(onTestFinished));
  const [greedy, modest] = [await book.add('ingest', 'all'), await book.add('ingest', 'all')];
  const keys = new KeyWatch({ path: book.path, onFault: () => {} });
  onTestFinished(() => keys.stop());
  const bound = new FairBound(5, () => keys.ingestKeys);
  const retryDelay = new RetryDelay(1, 2, Math.random);
  const server = createServer({ interceptors: [accessInterceptor(new AccessGate(keys), bound, retryDelay)] });
  server.add(collectorServiceDefinition, {
    publish: async () => new Uint8Array(0),
    getLimits: async () => new Uint8Array(0),
    async *publishStream(messages: AsyncIterable<Uint8Array>) {
      for await (const _ of messages) yield new Uint8Array(0);
    },
  });
  const address = `127.0.0.1:${await server.listen('127.0.0.1:0')}`;
  onTestFinished(() => server.forceShutdown());
  const clients = [greedy, modest].map((key) => new RawClient(address, key));
  onTestFinished(() => clients.forEach((client) => void client.close()));
  const [a, b] = clients as [RawClient, RawClient];
  const open = async (client: RawClient) => {
    const stream = client.stream();
    await stream.sendBytes(new Uint8Array(0));
    const answered = eventually(() => (stream.messageSizes.length > 0 ? ('open' as const) : undefined), 5_000);
    return { stream, result: await Promise.race([stream.ended, answered]) };
  };
  const opened = [];
  for (let count = 0; count < 4; count++) opened.push(await open(a));
  expect(opened.map(({ result }) => result)).toEqual(['open', 'open', 'open', 'open']);
  expect((await open(a)).result).toMatchObject({ reason: 'ERROR_REASON_OVERLOADED' });
  expect((await open(b)).result).toBe('open');
  // However they end, they give their place back.
  opened[0]?.stream.end();
  opened[1]?.stream.cancel();
  await opened[0]?.stream.ended;
  await eventually(async () => ((await open(a)).result === 'open' ? true : undefined), 5_000);
  for (let count = 0; count < 20; count++) await b.call('/telemetry.v1.CollectorService/GetLimits', new Uint8Array(0));
});

test('requests of the web port, and their bodies, are shared among keys', async () => {
  const load = new WebLoad(
    { requestsMax: 5, bodiesSizeBytesMax: 500, knownSharers: () => 2 },
    new RetryDelay(1, 2, Math.random),
  );
  const enter = (key: string) => {
    const request = load.enter();
    try {
      request.claim(key);
      return request;
    } catch (error) {
      // As the server does when it has answered.
      request.leave();
      throw error;
    }
  };
  const mine = Array.from({ length: 4 }, () => enter('a'));
  expect(() => enter('a')).toThrow(/busy/);
  const other = enter('b');
  async function* body(sizeBytes: number) {
    for (let sent = 0; sent < sizeBytes; sent += 100) yield new Uint8Array(100);
  }
  const read = async (of: ReturnType<typeof enter> | undefined, sizeBytes: number) => {
    for await (const _ of of?.count(body(sizeBytes)) ?? []);
  };
  await read(mine[0], 400);
  await expect(read(mine[1], 100)).rejects.toThrow(/busy/);
  await read(other, 0);
  for (const request of mine) request.leave();
  await read(other, 300);
});
