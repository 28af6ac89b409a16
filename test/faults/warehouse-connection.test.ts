import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createSystem } from './support/create-system.ts';
import { expectStoredOnce } from './support/expect-stored-once.ts';
import { FaultProxy, type ProxyFault } from './support/fault-proxy.ts';
import { faultSeed, mixedBatches } from './support/make-fault-batches.ts';
import { memoryOf } from './support/memory.ts';
import { Sender } from './support/sender.ts';

/** Longest load of the collector under test, so that a warehouse can be slower than it. */
const loadTimeoutS = 2;
const batchesPerFault = 80;
const collectorMibMax = 300;

/** How often the fault is met before the connection is whole again. */
const faults: [string, ProxyFault, number][] = [
  ['answers slowly, but in time', { kind: 'delay', delayMs: (loadTimeoutS * 1_000) / 2 }, 2],
  ['answers when the collector has given up', { kind: 'delay', delayMs: loadTimeoutS * 1_500 }, 2],
  ['takes the data slowly', { kind: 'throttle', bytesPerTick: 500 }, 1],
  ['breaks the connection after it has stored, before it answers', { kind: 'cut before answer' }, 2],
  ['breaks the connection in its answer', { kind: 'cut in answer', afterBytes: 20 }, 2],
  ['breaks the connection in the head of the request', { kind: 'cut in request', afterBytes: 300 }, 2],
  ['breaks the connection in the data', { kind: 'cut in request', afterBytes: 12_000 }, 2],
];

test('whatever the connection to the warehouse does, what was acknowledged is stored once', {
  timeout: 150_000,
}, async () => {
  const seed = faultSeed('connection to the warehouse');
  let warehousePort = 0;
  const proxy = await FaultProxy.start(() => warehousePort);
  const system = await createSystem({
    warehouseUrlOf(port) {
      warehousePort = port;
      return `http://127.0.0.1:${proxy.port}`;
    },
    collectorArgs: ['--load-timeout-s', String(loadTimeoutS)],
  });
  await system.start('warehouse', 'collector');
  const sender = new Sender(system.grpcAddress);

  for (const [index, [name, fault, meetings]] of faults.entries()) {
    const product = `connection-${index}`;
    proxy.faults = 0;
    proxy.fault = fault;
    const batches = mixedBatches(product, batchesPerFault, seed + index);
    await sender.deliver(batches.slice(0, batchesPerFault / 2));
    await eventually(
      () => (proxy.faults >= 1 ? true : undefined),
      20_000,
      () => `${name}: no load was begun`,
    );
    // Intake does not wait for the warehouse.
    await sender.deliver(batches.slice(batchesPerFault / 2));
    await eventually(
      () => (proxy.faults >= meetings ? true : undefined),
      30_000,
      () => `${name}: ${proxy.faults} of ${meetings} loads were tried`,
    );
    // It is the answer alone that is missing.
    if (fault.kind === 'cut before answer') expect((await system.reader.eventCounts(product)).rows).toBeGreaterThan(0);
    proxy.fault = { kind: 'none' };
    expect(await expectStoredOnce(system, product, batches), name).toBeGreaterThan(batchesPerFault);
  }
  expect(memoryOf(system.collector.pid).peakMib).toBeLessThan(collectorMibMax);
  // Failures are counted: some of each are logged, not every one.
  const failed = (await system.metrics())
    .get('telemetry_loads_total')
    ?.find(({ labels }) => labels.result === 'failed');
  expect(failed?.value).toBeGreaterThan(6);
  expect(system.collector.log.match(/load failed, trying again/g)?.length ?? 0).toBeGreaterThan(0);
  expect(system.collector.log.match(/load failed, trying again/g)?.length).toBeLessThan(failed?.value ?? 0);
  await system.stop('collector');
  await system.stop('warehouse');
});
