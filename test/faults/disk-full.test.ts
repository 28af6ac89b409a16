import { join } from 'node:path';
import { type Ack, ErrorReason, Outcome } from '@telemetry/gen';
import { expect, test } from 'vitest';
import { smallDisk } from '../collector/support/small-disk.ts';
import { filesToLoad } from '../crash/spool-folder.ts';
import { eventually } from '../support/eventually.ts';
import { metric } from '../web/support/web-collector.ts';
import { createSystem } from './support/create-system.ts';
import { expectStoredOnce } from './support/expect-stored-once.ts';
import type { FaultSystem } from './support/fault-system.ts';
import { exhaustFiles, fillDisk } from './support/fill-disk.ts';
import { bulkBatches, faultSeed, mixedBatches } from './support/make-fault-batches.ts';
import { overcommittedDisk } from './support/overcommitted-disk.ts';
import { Sender } from './support/sender.ts';
import { untilDrained } from './support/until-drained.ts';

const bulk = (product: string, batches: number) =>
  bulkBatches({ product, batches, eventsPerBatch: 20, textSizeBytes: 5_000 });

/** Every one of these was refused for now, by the disk, with a time to come back. */
function expectStorageRefusals(acks: readonly (Ack | undefined)[], errorCode: string): void {
  expect(acks.length).toBeGreaterThan(0);
  for (const ack of acks) {
    expect(ack).toMatchObject({
      outcome: Outcome.DEFERRED,
      rejection: { reason: ErrorReason.STORAGE_UNAVAILABLE, message: expect.stringContaining(errorCode) },
    });
    expect(ack?.rejection?.message).toContain('send it again');
    expect(Number(ack?.retryDelay?.seconds ?? 0) + (ack?.retryDelay?.nanos ?? 0)).toBeGreaterThan(0);
  }
}

const failedLoads = async (system: FaultSystem) =>
  metric(await system.metrics(), 'telemetry_loads_total', { result: 'failed' });

test('a disk that is full at a write, for a new segment, and when a load is noted', {
  timeout: 90_000,
}, async (context) => {
  const disk = await smallDisk('size=24m,nr_inodes=300');
  if ('reason' in disk) return context.skip(disk.reason);
  const product = 'full-disk';
  const system = await createSystem({ collectorDataDir: disk.path });
  await system.start('warehouse', 'collector');
  const sender = new Sender(system.grpcAddress);
  const batches = [...bulk(product, 60), ...mixedBatches(product, 1_000, faultSeed('full disk'))];
  const take = (count: number) => batches.splice(0, count);
  const all = [...batches];

  await sender.deliver(take(20));
  // A segment that is loaded and deleted would give room.
  await untilDrained(system);
  const giveBytesBack = fillDisk(disk.path);
  const atWrite = take(20);
  expectStorageRefusals(await sender.offer(atWrite), 'ENOSPC');
  const { messages } = await system.untilReadiness(['disk_not_writable']);
  expect(messages[0]).toContain('ENOSPC');
  expect(metric(await system.metrics(), 'telemetry_commit_failures_total')).toBeGreaterThan(0);
  giveBytesBack();
  // Nobody sends any more; it finds out by itself.
  await system.untilReadiness([]);
  await sender.deliver(atWrite);

  await untilDrained(system);
  const giveFilesBack = exhaustFiles(disk.path);
  const atCreate = take(20);
  expectStorageRefusals(await sender.offer(atCreate), 'ENOSPC');
  await system.untilReadiness(['disk_not_writable']);
  giveFilesBack();
  await system.untilReadiness([]);
  await sender.deliver(atCreate);
  await untilDrained(system);

  // What is spooled is loaded, but cannot be noted as seen; it is loaded again with the same token, and counts once.
  const stored = (await system.reader.eventCounts(product)).rows;
  await system.warehouse.kill();
  // So many that the log of what is seen needs room.
  await sender.deliver(take(900));
  await eventually(async () => ((await filesToLoad(system.collectorFolder)).length > 0 ? true : undefined), 10_000);
  const giveBack = fillDisk(disk.path);
  await system.start('warehouse');
  await eventually(
    async () => ((await system.reader.eventCounts(product)).rows > stored ? true : undefined),
    20_000,
    () => 'nothing is loaded',
  );
  const failed = await failedLoads(system);
  await eventually(
    async () => ((await failedLoads(system)) > failed ? true : undefined),
    20_000,
    () => 'no load fails',
  );
  giveBack();
  await system.untilReadiness([]);
  await sender.deliver(batches);
  await expectStoredOnce(system, product, all);

  await system.collector.kill();
  await system.start('collector');
  // What was acknowledged before is known still.
  const again = await new Sender(system.grpcAddress).offer(all);
  expect(again.map((ack) => ack?.outcome)).toEqual(all.map(() => Outcome.DUPLICATE));
  await expectStoredOnce(system, product, all);
  await system.stop('collector');
});

test('a disk that the spool itself has filled is emptied by the loader alone', { timeout: 60_000 }, async (context) => {
  const disk = await smallDisk('size=6m');
  if ('reason' in disk) return context.skip(disk.reason);
  const product = 'own-disk';
  const system = await createSystem({ collectorDataDir: disk.path });
  await system.makeTables();
  await system.start('collector');
  const sender = new Sender(system.grpcAddress);
  const batches = mixedBatches(product, 20_000, faultSeed('own disk'));
  let next = 0;
  // Few at last: where there is no room for these, there is none for what the collector tries by itself, which would make it ready again.
  for (const count of [200, 10]) {
    let refused: (Ack | undefined)[] = [];
    while (refused.length === 0) {
      const acks = await sender.offer(batches.slice(next, next + count));
      refused = acks.filter((ack) => ack?.outcome !== Outcome.ACCEPTED);
      next += count;
    }
    expectStorageRefusals(refused, 'ENOSPC');
  }
  await system.untilReadiness(['disk_not_writable']);
  await system.start('warehouse');
  await system.untilReadiness([]);
  const sent = batches.filter(({ attempts }) => attempts > 0);
  await sender.deliver(sent);
  await expectStoredOnce(system, product, sent);
  await system.stop('collector');
});

test('a disk that fails at the flush: nothing unflushed is acknowledged, and it recovers', {
  timeout: 60_000,
}, async (context) => {
  const disk = await overcommittedDisk(24);
  if ('reason' in disk) return context.skip(disk.reason);
  const product = 'flush';
  const dataDir = join(disk.path, 'data');
  const system = await createSystem({ collectorDataDir: dataDir });
  await system.start('warehouse', 'collector');
  const sender = new Sender(system.grpcAddress);
  const batches = bulk(product, 60);
  await sender.deliver(batches.slice(0, 20));
  const giveBack = fillDisk(disk.backing);
  const atFlush = batches.slice(20, 60);
  expectStorageRefusals(await sender.offer(atFlush), 'ENOSPC: no space left on device, write');
  await system.untilReadiness(['disk_not_writable']);
  giveBack();
  await system.untilReadiness([]);
  await sender.deliver(atFlush);
  await system.collector.kill();
  await system.start('collector');
  expect(await expectStoredOnce(system, product, batches)).toBe(60 * 20);
  await system.stop('collector');
});
