import { appendFileSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createTelemetry } from '@telemetry/client';
import { mirrorChannel } from '@telemetry/client/mirror';
import { MirrorReceiver, migrate, type Receiver, verifyReceivers, WarehouseReceiver } from '@telemetry/warehouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { load } from '../warehouse-schema/support/segment.ts';

const { signal } = new AbortController();
let warehouse: WarehouseProcess;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  await migrate(warehouse.client());
});

afterAll(() => warehouse.remove());

async function all(receiver: Receiver): Promise<unknown[]> {
  return await Array.fromAsync(receiver.summaries());
}

/** What an application logs, in a mirror file. */
async function logInto(path: string, events: number): Promise<string> {
  const telemetry = createTelemetry({ store: 'memory', product: { name: 'editor' }, channel: mirrorChannel(path) });
  for (let index = 0; index < events; index++) {
    telemetry.log({ name: index % 5 === 3 ? '' : `page.${index}` });
  }
  const result = await telemetry.shutdown();
  expect(result).toMatchObject({ complete: true, pending: 0, undeclared: 0 });
  return telemetry.stats().producerId;
}

test('holds what was logged and declared, as a warehouse that loads the same does, by the same checksums', async () => {
  const path = join(temporaryFolder(), 'mirror');
  const producer = await logInto(path, 12);
  await logInto(path, 3_000);
  // The file is what the engine reads, too.
  await load(warehouse.client(), 'mirror', gzipSync(readFileSync(path)));
  const mirror = new MirrorReceiver(path, '', signal);
  const other = new WarehouseReceiver('warehouse', warehouse.client(), '', signal);
  expect(await all(mirror)).toStrictEqual(await all(other));
  expect(await verifyReceivers(mirror, other)).toMatchObject({
    producers: 2,
    stored: { left: 2_410, right: 2_410 },
    declared: { left: 602, right: 602 },
    differences: [],
  });
  await warehouse.sql(`ALTER TABLE telemetry.events DELETE WHERE name = 'page.7' SETTINGS mutations_sync = 2`);
  const { differences } = await verifyReceivers(mirror, other);
  expect(differences).toMatchObject(
    [
      { side: 'right', kind: 'missing', runs: [[8, 8]], events: [{ seq: 8, name: 'page.7' }] },
      { side: 'right', kind: 'missing', runs: [[8, 8]], events: [{ seq: 8, name: 'page.7' }] },
    ].slice(0, differences.length),
  );
  expect(differences.map((one) => one.producer)).toContain(producer);
});

test('goes on behind its last whole message after a process was killed in mid-write', async () => {
  const path = join(temporaryFolder(), 'mirror');
  await logInto(path, 4);
  const wholeBytes = statSync(path).size;
  await logInto(path, 4);
  truncateSync(path, wholeBytes + 7);
  const mirror = new MirrorReceiver(path, '', signal);
  expect(await all(mirror)).toHaveLength(1);
  await logInto(path, 4);
  expect(await all(mirror)).toHaveLength(2);
  appendFileSync(path, Buffer.from([0x80]));
  expect(await all(mirror)).toHaveLength(2);
});
