import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ColumnError } from '../../../collector/src/columns/column-encoder.ts';
import { Handover } from '../../../collector/src/load/handover.ts';
import { WarehouseProcess } from '../../warehouse/support/warehouse-process.ts';
import { rows } from '../../warehouse-schema/support/rows.ts';
import { makeLoad, makeRecord, writeRecords } from '../support/loading.ts';
import { tempFolder } from '../support/temp-folder.ts';

let warehouse: WarehouseProcess;
let client: ClickHouseClient;
const { signal } = new AbortController();
const query = 'INSERT INTO handed.t FORMAT TSV';

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  client = warehouse.client();
  await migrate(client);
  await client.command({ query: 'CREATE DATABASE handed ENGINE = Atomic' });
  await client.command({ query: 'CREATE TABLE handed.t (a UInt32) ENGINE = MergeTree ORDER BY a' });
});

afterEach(async () => {
  expect(readdirSync(warehouse.handoverPath), 'a file is left').toEqual([]);
  await client.command({ query: 'TRUNCATE TABLE handed.t' });
});

afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

const numbers = async () => (await rows(client, 'SELECT groupArray(a) AS all FROM handed.t'))[0]?.['all'];

async function* lines(...pieces: (readonly string[] | Error)[]) {
  // One memory for all, as the encoder's: it is other bytes once the next are asked for.
  const memory = Buffer.alloc(100);
  for (const piece of pieces) {
    if (piece instanceof Error) throw piece;
    let end = 0;
    const views = piece.map((text) => {
      const start = end;
      end += memory.write(text, start);
      return memory.subarray(start, end);
    });
    yield views;
    memory.fill(0);
  }
}

test('pieces come as one body, and what an earlier life has left does not', async () => {
  writeFileSync(join(warehouse.handoverPath, '11111111-2222-3333-4444-555555555555'), '9\n');
  mkdirSync(join(warehouse.handoverPath, 'a folder', 'in it'), { recursive: true });
  const handover = await Handover.open(warehouse.handoverPath);
  expect(readdirSync(warehouse.handoverPath)).toEqual([]);
  await handover.insert(client, query, lines(['1', '\n2\n'], ['3'], ['\n']), signal);
  expect(await numbers()).toEqual([1, 2, 3]);
  await handover.insert(client, query, lines(), signal);
  expect(await numbers()).toEqual([1, 2, 3]);
});

test('pieces that cannot be made, and a load that is broken off, insert nothing', async () => {
  const handover = await Handover.open(warehouse.handoverPath);
  const failing = lines(['1\n'], new ColumnError('no batch'));
  await expect(handover.insert(client, query, failing, signal)).rejects.toThrow(ColumnError);
  const stop = new AbortController();
  const stopped = async function* () {
    yield* lines(['1\n']);
    stop.abort(new Error('stopped'));
    yield* lines(['2\n']);
  };
  await expect(handover.insert(client, query, stopped(), stop.signal)).rejects.toThrow('stopped');
  await expect(handover.insert(client, query, lines(['a number\n']), signal)).rejects.toMatchObject({ code: '27' });
  expect(await numbers()).toEqual([]);
});

test('a load waits for a folder that is away, as while the warehouse starts, and goes on', async () => {
  const folder = await tempFolder();
  const away = join(folder, 'away');
  const handover = await Handover.open(warehouse.handoverPath);
  const { load } = makeLoad(client, join(folder, 'quarantine'), async () => {}, handover);
  const segment = writeRecords(folder, [makeRecord('handed-over', 3)]);
  renameSync(warehouse.handoverPath, away);
  await expect(load.load(segment, signal)).rejects.toMatchObject({ name: 'LoadError', kind: 'retryable' });
  mkdirSync(warehouse.handoverPath);
  expect((await load.load(segment, signal)).batchCount).toBe(1);
  const [row] = await rows(
    client,
    "SELECT toUInt32(count()) AS events FROM telemetry.events WHERE product = 'handed-over'",
  );
  expect(row).toEqual({ events: 3 });
});

test('a folder that is not there yet is no fault', async () => {
  await Handover.open(join(await tempFolder(), 'none'));
});
