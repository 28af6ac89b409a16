import { migrate } from '@telemetry/warehouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { telemetry } from '../support/telemetry-command.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { loadSegment, makeBatch } from './support/audited-warehouse.ts';

let warehouse: WarehouseProcess;
let url = '';

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  url = warehouse.url;
});

afterAll(() => warehouse.remove());

test('says what it needs when the database is not there yet, and ends with 2', async () => {
  const { code, stderr } = await telemetry(['audit', '--clickhouse-url', url]);
  expect(stderr).toContain('start a collector of this version');
  expect(code).toBe(2);
});

test('ends with 0 when all agrees, with 1 when not, with 0 once it is repaired; each repair is on record with who made it', async () => {
  const client = warehouse.client();
  await migrate(client);
  await loadSegment(client, 'one', [makeBatch({ events: 4 }), makeBatch()]);
  const clean = await telemetry(['audit', '--clickhouse-url', url]);
  expect(clean).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/agrees\n\nEverything agrees: /) });
  await client.command({ query: 'INSERT INTO telemetry.events SELECT * FROM telemetry.events WHERE seq = 4' });
  await client.close();
  const wrong = await telemetry(['audit', '--clickhouse-url', url, '--json']);
  expect(wrong.code).toBe(1);
  expect(wrong.stdout.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ balanced: false, received: [{ ledger_events: 9, events: 11 }] });
  const repaired = await telemetry(['audit', '--clickhouse-url', url, '--repair', '--by', 'ada']);
  expect(repaired.stdout).toMatch(/remove surplus events, 2 rows/);
  expect(repaired.code).toBe(0);
  expect(await warehouse.sql('SELECT DISTINCT done_by FROM telemetry.repair')).toBe('ada');
});

test.each([
  [['--from', '2026-13-01'], 'from: "2026-13-01" is not a day'],
  [['--from', '2026-02-01', '--to', '2026-01-01'], 'swap them'],
  [['--product', ''], 'product: is empty'],
  [['--no-such-option'], 'unknown option'],
])('wrong use ends with 2: %j', async (args, message) => {
  const { code, stderr } = await telemetry(['audit', '--clickhouse-url', url, ...args]);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test('a warehouse that does not answer ends it with 2', async () => {
  const { code, stderr } = await telemetry(['audit', '--clickhouse-url', 'http://127.0.0.1:1']);
  expect(stderr).toContain('No warehouse answers');
  expect(code).toBe(2);
});

test('help is complete, and is no failure', async () => {
  const { code, stdout } = await telemetry(['audit', '--help']);
  for (const option of ['--from', '--to', '--product', '--repair', '--by', '--json', 'ends with 0'])
    expect(stdout).toContain(option);
  expect(code).toBe(0);
});
