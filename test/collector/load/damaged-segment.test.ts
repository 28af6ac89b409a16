import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WarehouseProcess } from '../../warehouse/support/warehouse-process.ts';
import { rows } from '../../warehouse-schema/support/rows.ts';
import { type MadeRecord, makeLoad, makeRecord, writeRecords } from '../support/loading.ts';
import { tempFolder } from '../support/temp-folder.ts';

let warehouse: WarehouseProcess;
let client: ClickHouseClient;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  client = warehouse.client();
  await migrate(client);
});

afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

/** Sizes of the batches of a product that are stored, and of those that are in the ledger. */
async function sizesOf(product: string): Promise<unknown> {
  const counts = (table: string, count: string) =>
    `(SELECT arraySort(groupArray(events)) FROM (SELECT toUInt32(${count}) AS events FROM telemetry.${table} WHERE product = '${product}' GROUP BY producer_id))`;
  const query = `SELECT ${counts('events', 'count()')} AS stored, ${counts('batch_ledger', 'sum(event_count)')} AS announced`;
  const [row] = await rows(client, query);
  return row;
}

test.each([
  ['columns', 0],
  ['columns', 1],
  ['columns', 2],
  ['messages', 0],
  ['messages', 1],
  ['messages', 2],
] as const)(
  'a segment, loaded as %s, whose record %i was damaged as it waited loses that one alone',
  async (form, index) => {
    const folder = await tempFolder();
    const quarantine = join(folder, 'quarantine');
    const product = `damaged-${form}-${index}`;
    const records = [1, 2, 3].map((events) => makeRecord(product, events));
    const segment = writeRecords(folder, records, form);
    const bad = records[index] as MadeRecord;
    const good = records.filter((record) => record !== bad);
    const bytes = readFileSync(segment.path);
    const at = bytes.indexOf(bad.bytes) + bad.bytes.length - 20;
    bytes[at] = (bytes[at] as number) ^ 4;
    writeFileSync(segment.path, bytes);

    const { load, rejected, said } = makeLoad(client, quarantine);
    expect((await load.load(segment, new AbortController().signal)).batchCount).toBe(2);
    const sizes = good.map(({ events }) => events);
    expect(await sizesOf(product)).toEqual({ stored: sizes, announced: sizes });
    expect([said.damaged, rejected.length]).toEqual([1, 0]);
    const [file] = readdirSync(quarantine);
    const damaged = readFileSync(join(quarantine, file ?? ''));
    expect(damaged.length).toBe(bad.bytes.length);
    expect(bytes.includes(damaged)).toBe(true);
    expect(readFileSync(segment.path)).toEqual(Buffer.concat(good.map((record) => record.bytes)));
  },
);
