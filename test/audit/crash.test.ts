import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../support/random.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { digestOf, loadSegment, makeBatch, runAudit } from './support/audited-warehouse.ts';

const root = join(import.meta.dirname, '../..');
const rounds = 3;
/** As long as a repair takes here, the wait for loads to end included. */
const killAfterMsMin = 2_000;
const killWithinMs = 4_000;

let warehouse: WarehouseProcess;
let client: ClickHouseClient;

beforeEach(async () => {
  warehouse = await WarehouseProcess.start();
  client = connect();
  await migrate(client);
  await loadSegment(
    client,
    'one',
    Array.from({ length: 20 }, (_, index) =>
      makeBatch({ dropped: index % 3, user: `u-${index}`, happenedDaysAgo: 9_000 * (index % 2) }),
    ),
  );
});

afterEach(async () => {
  await client.close();
  await warehouse.remove();
});

function connect(): ClickHouseClient {
  return createClient({ url: warehouse.url, request_timeout: 120_000, log: { level: ClickHouseLogLevel.OFF } });
}

/** Doubles and loses rows in every table in which that can be repaired. */
async function damage(): Promise<void> {
  const settings = { mutations_sync: '2', insert_deduplicate: 0 } as const;
  for (const query of [
    'INSERT INTO telemetry.events SELECT * FROM telemetry.events WHERE seq = 2',
    'INSERT INTO telemetry.events SELECT * FROM telemetry.events WHERE seq = 3',
    'INSERT INTO telemetry.dropped SELECT * FROM telemetry.dropped',
    'INSERT INTO telemetry.batch_ledger SELECT * FROM telemetry.batch_ledger LIMIT 7',
    'INSERT INTO telemetry.event_day SELECT * FROM telemetry.event_day',
    "ALTER TABLE telemetry.feature_day DELETE WHERE feature = 'save'",
  ]) {
    await client.command({ query, clickhouse_settings: settings });
  }
}

/** What the lease of a dead audit comes to by itself after half a minute. */
async function endLeases(): Promise<void> {
  await client.command({
    query: `INSERT INTO telemetry.repair_lease (lease_id, held_by, expire_time, is_released) SELECT DISTINCT lease_id, 'test', now64(6), true
      FROM telemetry.repair_lease`,
  });
}

async function expectRepaired(before: unknown, message: string): Promise<void> {
  const { left } = await runAudit(client, { repair: true });
  expect(left.findings, message).toEqual([]);
  expect(await digestOf(client), message).toEqual(before);
}

test('an audit that is killed in mid-repair and run again comes to the same end', { timeout: 300_000 }, async () => {
  const seed = Number(process.env['TELEMETRY_TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const before = await digestOf(client);
  for (let round = 0; round < rounds; round++) {
    await damage();
    const args = ['audit', '--repair', '--clickhouse-url', warehouse.url];
    const child = spawn(join(root, 'node_modules/.bin/telemetry'), args, {
      cwd: root,
      stdio: 'ignore',
      detached: true,
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await setTimeout(killAfterMsMin + random() * killWithinMs);
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await exited;
    await endLeases();
    await expectRepaired(before, `seed ${seed}, round ${round}`);
  }
});

test('a warehouse that is killed in mid-repair is repaired in its next life', { timeout: 300_000 }, async () => {
  const seed = Number(process.env['TELEMETRY_TEST_SEED'] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const before = await digestOf(client);
  for (let round = 0; round < rounds; round++) {
    await damage();
    const ended = runAudit(client, { repair: true }).then(
      () => 'repaired',
      () => 'failed',
    );
    await setTimeout(killAfterMsMin + random() * killWithinMs);
    await warehouse.end('SIGKILL');
    await ended;
    await client.close();
    warehouse = await WarehouseProcess.start({ dataDir: warehouse.dataDir });
    client = connect();
    await endLeases();
    await expectRepaired(before, `seed ${seed}, round ${round}`);
  }
});
