import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Outcome } from '@telemetry/gen';
import { expect, it } from 'vitest';
import { batch, event, plainRequest, serialize } from '../support/batches.ts';
import { producersOf, runCollector, spooledBatches } from '../support/collector.ts';
import { status } from '../support/raw-client.ts';
import { smallDisk } from '../support/small-disk.ts';
import { append, contentWith, numbersOnDisk, openSpool } from '../support/spool.ts';

it('a spool on a full disk fails what it cannot write, keeps what it wrote, and recovers', async (context) => {
  const disk = await smallDisk('size=256k');
  if ('reason' in disk) return context.skip(disk.reason);
  const folder = join(disk.path, 'spool');
  const { spool, errors } = await openSpool(folder);
  const ballast = join(disk.path, 'ballast');
  writeFileSync(ballast, Buffer.alloc(100_000));
  const good: number[] = [];
  const failed: number[] = [];
  for (let number = 1; number <= 40; number++) {
    await append(spool, contentWith(number, 7_000)).then(
      () => good.push(number),
      () => failed.push(number),
    );
  }
  expect(good.length).toBeGreaterThan(5);
  expect(failed.length).toBeGreaterThan(5);
  expect(errors.length).toBe(failed.length);
  expect(errors[0]).toMatchObject({ code: 'ENOSPC' });
  await rm(ballast);
  // Smaller than what failed, so that it cannot hide a remnant of it.
  await append(spool, contentWith(100));
  expect(await numbersOnDisk(folder)).toEqual({ numbers: [...good, 100], isClean: true });
  await spool.close();
});

it('a segment closes cleanly by age after a failed write', async (context) => {
  const disk = await smallDisk('size=64k');
  if ('reason' in disk) return context.skip(disk.reason);
  const folder = join(disk.path, 'spool');
  const { spool, closedSegments } = await openSpool(folder, { segmentAgeMsMax: 200 });
  await append(spool, contentWith(1, 10_000));
  await expect(append(spool, contentWith(2, 100_000))).rejects.toMatchObject({ code: 'ENOSPC' });
  await closedSegments(1);
  expect(await numbersOnDisk(folder)).toEqual({ numbers: [1], isClean: true });
  await spool.close();
});

it('a collector on a full disk defers, loses nothing that it acknowledged, and takes again when there is room', async (context) => {
  const disk = await smallDisk('size=512k');
  if ('reason' in disk) return context.skip(disk.reason);
  const dataDir = join(disk.path, 'data');
  const { client, collector } = await runCollector({ dataDir });
  const ballast = join(disk.path, 'ballast');
  const request = () => {
    const timeUnixUs = BigInt(Date.now()) * 1000n;
    const properties = { text: 'x'.repeat(8_000) };
    const producerId = randomBytes(16);
    const bytes = plainRequest(serialize(batch({ producerId, events: [event(1, { timeUnixUs, properties })] })));
    return { producer: producerId.toString('hex'), bytes };
  };
  const acked: string[] = [];
  for (let index = 0; index < 5; index++) {
    const one = request();
    await client.publish(one.bytes);
    acked.push(one.producer);
  }
  const { bsize, bavail } = await statfs(disk.path);
  writeFileSync(ballast, Buffer.alloc(bsize * bavail));
  const refused = [];
  for (let index = 0; index < 5; index++) {
    const one = request();
    const refusal = await client.publishRefused(one.bytes);
    expect(refusal).toMatchObject({ code: status.UNAVAILABLE, reason: 'ERROR_REASON_STORAGE_UNAVAILABLE' });
    expect(refusal.retryDelayMs).toBeGreaterThan(0);
    refused.push(one);
  }
  expect(collector.counts).toMatchObject({ accepted: 5, deferred: 5 });
  await rm(ballast);
  for (const one of refused) {
    // Not a duplicate: what failed was never taken.
    expect((await client.publish(one.bytes)).outcome).toBe(Outcome.ACCEPTED);
    acked.push(one.producer);
  }
  expect(producersOf(await spooledBatches(dataDir))).toEqual(acked.sort());
});
