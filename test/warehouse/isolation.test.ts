import { afterAll, beforeAll, expect, test } from 'vitest';
import { WarehouseProcess } from './support/warehouse-process.ts';

let warehouse: WarehouseProcess;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  const table =
    'CREATE TABLE default.once (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100';
  await warehouse.sql(table);
});
afterAll(() => warehouse.remove());

test('a deduplication token reaches no other insert, whichever way it is given', async () => {
  const query = 'INSERT INTO default.once FORMAT CSV';
  const count = () => warehouse.sql('SELECT count() FROM default.once');
  await warehouse.sql('1\n', { query, insert_deduplication_token: 'x' });
  await warehouse.sql('2\n', { query, insert_deduplication_token: 'x' });
  expect(await count()).toBe('1');
  // As many as there are slots, and more: each connection there ever was would show itself.
  for (let n = 10; n < 30; n += 1) await warehouse.sql(`${n}\n`, { query });
  expect(await count()).toBe('21');
  const inStatement = "INSERT INTO default.once SETTINGS insert_deduplication_token = 'y' FORMAT CSV\n";
  await warehouse.sql(`${inStatement}40\n`);
  await warehouse.sql(`${inStatement}41\n`);
  expect(await count()).toBe('22');
  for (let n = 50; n < 60; n += 1) await warehouse.sql(`INSERT INTO default.once VALUES (${n})`);
  expect(await count()).toBe('32');
});

test('no setting, database or parameter outlives its request', async () => {
  const changed = "SELECT name, value FROM system.settings WHERE changed AND name != 'log_comment' ORDER BY name";
  const before = await warehouse.sql(changed);
  await warehouse.sql('CREATE DATABASE IF NOT EXISTS other ENGINE = Atomic');
  await warehouse.sql('SELECT {x:String}', { param_x: 'v', max_threads: '1', database: 'other', readonly: '1' });
  await warehouse.sql('SET max_threads = 1');
  await warehouse.sql('USE other');
  await expect(warehouse.sql('SELECT 1 FROM nosuch', { max_block_size: '7' })).rejects.toThrow(/UNKNOWN_TABLE/);
  expect(await warehouse.sql(changed)).toBe(before);
  expect(await warehouse.sql('SELECT currentDatabase()')).toBe('default');
  await expect(warehouse.sql('SELECT {x:String}')).rejects.toThrow(/UNKNOWN_QUERY_PARAMETER/);
});

test('parameters and settings of queries that run together are not mixed up', async () => {
  const one = async (n: number) => {
    const query = "SELECT {x:UInt32}, {y:String}, getSetting('max_block_size'), sleep(0.002)";
    const search = { param_x: String(n), param_y: `y${n}`, max_block_size: String(1000 + n) };
    const [x, y, size] = (await warehouse.sql(query, search)).split('\t');
    expect([x, y, size]).toEqual([String(n), `y${n}`, String(1000 + n)]);
  };
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(Array.from({ length: 40 }, (_, n) => one(round * 40 + n)));
  }
});

test('inserts and queries that run together', async () => {
  await warehouse.sql('CREATE TABLE default.many (n UInt32) ENGINE = MergeTree ORDER BY n');
  const insert = (n: number) => warehouse.sql(`${n}\n`, { query: 'INSERT INTO default.many FORMAT CSV' });
  const ask = () => warehouse.sql('SELECT count() FROM default.many');
  await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 === 0 ? insert(n) : ask())));
  expect(await warehouse.sql('SELECT count(), uniqExact(n) FROM default.many')).toBe('30\t30');
});
