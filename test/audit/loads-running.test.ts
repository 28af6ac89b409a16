import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batch, event, gzipRequest, serialize } from '../collector/support/batches.ts';
import { runCollector } from '../collector/support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { kindsOf, loadSegment, makeBatch, runAudit } from './support/audited-warehouse.ts';

let warehouse: WarehouseProcess;
let client: ClickHouseClient;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  client = createClient({ url: warehouse.url, request_timeout: 120_000, log: { level: ClickHouseLogLevel.OFF } });
  await migrate(client);
});

afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

/** Loads segments one after the other, without a pause, until it is stopped. */
function loadWithoutPause(): () => Promise<number> {
  let isStopped = false;
  let segments = 0;
  const running = (async () => {
    while (!isStopped) {
      const batches = Array.from({ length: 50 }, (_, index) => makeBatch({ dropped: index % 2, user: `u-${index}` }));
      await loadSegment(client, `running-${++segments}`, batches);
    }
    return segments;
  })();
  return () => {
    isStopped = true;
    return running;
  };
}

test('an audit under loads reports nothing that is not, and misses nothing that is', { timeout: 300_000 }, async () => {
  const victim = makeBatch({ events: 9, product: 'victim' });
  const other = makeBatch({ events: 9 });
  await loadSegment(client, 'first', [victim, other]);
  const stop = loadWithoutPause();
  for (let round = 0; round < 3; round++)
    expect((await runAudit(client, { product: 'editor' })).found.findings).toEqual([]);
  await client.command({
    query: `INSERT INTO telemetry.events SELECT * FROM telemetry.events
      WHERE seq = 4 AND producer_id IN (unhex('${victim.producerHex}'), unhex('${other.producerHex}'))`,
    clickhouse_settings: { insert_deduplicate: 0 },
  });
  const { found } = await runAudit(client);
  const twice = found.findings.filter(({ kind }) => kind === 'event_twice').map(({ producerHex }) => producerHex);
  expect(twice.sort()).toEqual([victim.producerHex, other.producerHex].sort());
  expect(kindsOf(found)).toEqual(['event_day', 'event_twice', 'feature_day']);
  expect(await stop()).toBeGreaterThan(5);
});

test('a real collector waits while a repair holds its loads up, and loads all in the end', {
  timeout: 300_000,
}, async () => {
  const { client: sender, collector } = await runCollector({ warehouseUrl: warehouse.url });
  let sent = 0;
  const send = async () => {
    const producerId = randomBytes(16);
    const events = [1, 2, 3].map((seq) => event(seq, { timeUnixUs: BigInt(Date.now()) * 1000n }));
    await sender.publish(gzipRequest(serialize(batch({ producerId, events, core: { product: { name: 'live' } } }))));
    sent++;
  };
  const count = async (table: string) => {
    const query = `SELECT toUInt32(count()) AS n FROM telemetry.${table} WHERE product = 'live'`;
    const result = await client.query({ query, format: 'JSONEachRow' });
    return (await result.json<{ n: number }>())[0]?.n;
  };
  await send();
  await eventually(async () => ((await count('events')) === 3 ? true : undefined), 30_000);
  await client.command({
    query: "INSERT INTO telemetry.events SELECT * FROM telemetry.events WHERE product = 'live'",
    clickhouse_settings: { insert_deduplicate: 0 },
  });
  let isRepairing = true;
  const repaired = runAudit(client, { repair: true, product: 'live' }).finally(() => {
    isRepairing = false;
  });
  while (isRepairing) {
    await send();
    await setTimeout(20);
  }
  const { left, repairs } = await repaired;
  expect(repairs.map(({ action }) => action)).toEqual(['remove surplus events']);
  expect(left.findings).toEqual([]);
  expect(collector.counts.accepted).toBe(sent);
  await eventually(async () => ((await count('events')) === 3 * sent ? true : undefined), 30_000);
  expect((await runAudit(client, { product: 'live' })).found.findings).toEqual([]);
});

test('no load begins while a lease stands, and one whose holder is dead ends by itself', {
  timeout: 120_000,
}, async () => {
  const { client: sender } = await runCollector({ warehouseUrl: warehouse.url });
  await client.command({
    query: `INSERT INTO telemetry.repair_lease (lease_id, held_by, expire_time, is_released)
      VALUES ('dead', 'nobody', now64(6) + INTERVAL 6 SECOND, false)`,
  });
  const producerId = randomBytes(16);
  const events = [event(1, { timeUnixUs: BigInt(Date.now()) * 1000n })];
  await sender.publish(gzipRequest(serialize(batch({ producerId, events }))));
  const loaded = async () => {
    const result = await client.query({
      query: `SELECT toUInt32(count()) AS n, now64(6) < (SELECT max(expire_time) FROM telemetry.repair_lease WHERE lease_id = 'dead') AS stands
        FROM telemetry.batch_ledger WHERE producer_id = unhex('${producerId.toString('hex')}')`,
      format: 'JSONEachRow',
    });
    return (await result.json<{ n: number; stands: number }>())[0];
  };
  const seen = await eventually(async () => {
    const look = await loaded();
    return look?.n === 1 ? look : undefined;
  }, 60_000);
  expect(seen.stands).toBe(0);
});
