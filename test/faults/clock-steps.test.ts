import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type Ack, Outcome } from '@telemetry/gen';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { blacklistClient } from '../blacklist/support/blacklist-client.ts';
import { banName } from '../blacklist/support/lists.ts';
import { batch, event, plainRequest, serialize } from '../collector/support/batches.ts';
import { type RunningCollector, runCollector } from '../collector/support/collector.ts';
import { checkRound } from '../crash/check-round.ts';
import type { CrashBatch } from '../crash/crash-batch.ts';
import { filesToLoad } from '../crash/spool-folder.ts';
import { WarehouseReader } from '../crash/warehouse-reader.ts';
import { eventually } from '../support/eventually.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { freePort, runWebCollector } from '../web/support/web-collector.ts';
import { faultSeed, mixedBatches } from './support/make-fault-batches.ts';
import { Sender } from './support/sender.ts';

const HOUR_MS = 3_600_000;

let warehouse: WarehouseProcess;
let reader: WarehouseReader;
beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  reader = new WarehouseReader(warehouse.url);
});
afterAll(async () => {
  await reader.close();
  await warehouse.remove();
});

/** A clock that can be put forward and back. */
function steppingClock() {
  const clock = { offsetMs: 0, now: () => Date.now() + clock.offsetMs };
  return clock;
}

async function untilLoaded(...collectors: RunningCollector[]): Promise<void> {
  let left: string[] = [];
  await eventually(
    async () => {
      left = (await Promise.all(collectors.map(({ dataDir }) => filesToLoad(dataDir)))).flat();
      return left.length === 0 ? true : undefined;
    },
    30_000,
    () => `not loaded: ${left.join(' ')}`,
  );
}

function senderTo({ collector }: RunningCollector): Sender {
  const sender = new Sender(collector.grpcAddress);
  onTestFinished(() => sender.close());
  return sender;
}

function outcomes(acks: readonly (Ack | undefined)[]): (Outcome | undefined)[] {
  return acks.map((ack) => ack?.outcome);
}

test('a clock that steps by hours, forwards and back: what is acknowledged is stored once', async () => {
  const seed = faultSeed('clock steps');
  const clock = steppingClock();
  const running = await runCollector({ warehouseUrl: warehouse.url, clock: clock.now });
  const sender = senderTo(running);
  const product = 'clock';
  const all: CrashBatch[] = [];
  for (const [index, hours] of [0, 6, -12, 3, -1_000, 20].entries()) {
    clock.offsetMs = hours * HOUR_MS;
    const batches = mixedBatches(product, 20, seed + index);
    await sender.deliver(batches.slice(0, 10));
    // In the middle of a segment, too.
    clock.offsetMs -= HOUR_MS;
    await sender.deliver(batches.slice(10));
    all.push(...batches);
    // A segment closes by a clock that does not step, and is loaded.
    await untilLoaded(running);
    const again = await sender.offer(all);
    expect(outcomes(again)).toEqual(all.map(() => Outcome.DUPLICATE));
  }
  const { findings, storedEvents } = await checkRound(reader, product, all);
  expect(findings).toEqual([]);
  expect(storedEvents).toBeGreaterThan(all.length);
});

test('the window of event times goes by the clock as it is, with a clear refusal', async () => {
  const clock = steppingClock();
  const { client } = await runCollector({ clock: clock.now });
  let seq = 0;
  const request = () => {
    const timeUnixUs = BigInt(Date.now()) * 1_000n;
    const producerId = crypto.getRandomValues(new Uint8Array(16));
    return plainRequest(serialize(batch({ producerId, events: [event(++seq, { timeUnixUs })] })));
  };
  for (const hours of [0, -23, 23]) {
    clock.offsetMs = hours * HOUR_MS;
    expect((await client.publish(request())).outcome).toBe(Outcome.ACCEPTED);
  }
  // What is now lies 25 hours ahead of such a clock.
  clock.offsetMs = -25 * HOUR_MS;
  const sent = request();
  const refusal = await client.publishRefused(sent);
  expect(refusal).toMatchObject({ reason: 'ERROR_REASON_TIME_OUT_OF_RANGE' });
  expect(refusal.violations).toMatchObject([{ field: 'events[0].time_unix_us' }]);
  expect(refusal.message).toMatch(/24 hours/);
  clock.offsetMs = 0;
  // It was not taken for seen.
  expect((await client.publish(sent)).outcome).toBe(Outcome.ACCEPTED);
});

test('a step makes nobody unready, though a segment waits', async () => {
  const clock = steppingClock();
  const running = await runWebCollector({
    clock: clock.now,
    warehouseUrl: `http://127.0.0.1:${await freePort()}`,
    loaderLagMsMax: 60_000,
  });
  await senderTo(running).deliver(mixedBatches('clock-lag', 5, 1));
  for (const hours of [0, 100, -100]) {
    clock.offsetMs = hours * HOUR_MS;
    expect((await fetch(`${running.url}/readyz`)).status, `${hours} hours`).toBe(200);
  }
});

test('what may exist twice waits its time by no clock that steps: neither for ever nor too short', {
  timeout: 90_000,
}, async () => {
  const loadTimeoutMs = 4_000;
  const clock = steppingClock();
  const first = await runCollector({ warehouseUrl: warehouse.url, loadTimeoutMs });
  const second = await runCollector({ warehouseUrl: warehouse.url, loadTimeoutMs, clock: clock.now });
  const product = 'clock-careful';
  const [one, two] = [senderTo(first), senderTo(second)];
  // Both are known to the warehouse, so that each reckons with the other.
  const known = mixedBatches(product, 10, faultSeed('clock and the careful path'));
  await one.deliver(known.slice(0, 5));
  await two.deliver(known.slice(5));
  await untilLoaded(first, second);

  for (const hours of [10, -20]) {
    const batches = mixedBatches(product, 10, hours + 1_000);
    for (const one of batches) one.attempts = 1;
    const stored = (await reader.eventCounts(product)).rows;
    const sentMs = performance.now();
    await two.deliver(batches);
    clock.offsetMs = hours * HOUR_MS;
    await eventually(
      async () => ((await reader.eventCounts(product)).rows > stored ? true : undefined),
      10 * loadTimeoutMs,
      () => `not loaded after a step of ${hours} hours`,
    );
    expect(performance.now() - sentMs).toBeGreaterThan(loadTimeoutMs * 0.75);
    await untilLoaded(first, second);
    known.push(...batches);
  }
  expect((await checkRound(reader, product, known)).findings).toEqual([]);
});

test('a ban ends by the clock as it is, and holds again when that goes back', async () => {
  const clock = steppingClock();
  const running = await runCollector({ warehouseUrl: warehouse.url, clock: clock.now });
  const bans = blacklistClient(running.collector.grpcAddress);
  await eventually(
    () =>
      bans
        .changeBlacklist({
          add: [banName('clock.banned', { expireTime: timestampFromMs(Date.now() + HOUR_MS) })],
          reason: 'until the release',
          changedBy: 'ada',
        })
        .catch(() => undefined),
    20_000,
  );
  let seq = 0;
  const dropped = async () => {
    const timeUnixUs = BigInt(Date.now()) * 1_000n;
    const one = batch({
      producerId: crypto.getRandomValues(new Uint8Array(16)),
      events: [event(++seq, { timeUnixUs, name: 'clock.banned' })],
    });
    return (await running.client.publish(plainRequest(serialize(one)))).droppedEventCount;
  };
  for (const [hours, count] of [
    [0, 1],
    [0.99, 1],
    [1.01, 0],
    [20, 0],
    [-20, 1],
  ] as const) {
    clock.offsetMs = hours * HOUR_MS;
    expect(await dropped(), `${hours} hours`).toBe(count);
  }
});
