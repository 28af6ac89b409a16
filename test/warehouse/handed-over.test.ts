import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeHandedOver } from '../../warehouse/src/http/handed-over.ts';
import { handedOverHeader } from '../../warehouse/src/index.ts';
import { tempFolder } from '../collector/support/temp-folder.ts';
import { WarehouseProcess } from './support/warehouse-process.ts';

let warehouse: WarehouseProcess;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  await warehouse.sql('CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a');
});
afterAll(() => warehouse.remove());

const insert = 'INSERT INTO t FORMAT TSV';

function handOver(text: string, name: string = randomUUID()): string {
  writeFileSync(join(warehouse.handoverPath, name), text);
  return name;
}
const post = (name: string, body = insert, search = {}) => warehouse.post(body, search, { [handedOverHeader]: name });
const count = () => warehouse.sql('SELECT count() FROM t');

test('the folder is private, and empty at start', () => {
  expect(statSync(warehouse.handoverPath).mode & 0o777).toBe(0o700);
  expect(readdirSync(warehouse.handoverPath)).toEqual([]);
});

test('a file stands in place of the body, with the statement in the body or in the address, once', async () => {
  const name = handOver('1\n2\n');
  expect(await post(name)).toMatchObject({ status: 200, text: '' });
  expect(await count()).toBe('2');
  expect((await post(name)).text).toMatch(/^Code: 107\. .*cannot be had.*FILE_DOESNT_EXIST/);
  expect(await post(handOver('3\n'), '', { query: insert })).toMatchObject({ status: 200 });
  expect(await count()).toBe('3');
  expect(await post(handOver(''))).toMatchObject({ status: 200 });
  expect(await count()).toBe('3');
  expect(readdirSync(warehouse.handoverPath)).toEqual([]);
});

test('no other file can be named', async () => {
  const before = await count();
  for (const name of ['', '..', '../insert', `../${randomUUID()}`, `${randomUUID()}x`, '/etc/passwd', 'a%2e'])
    expect((await post(name)).text, name).toMatch(/^Code: 36\. .*is no name of a file that is handed over/);
  expect(await count()).toBe(before);
});

test('is for the data of an INSERT alone, and no other may come beside it', async () => {
  const before = await count();
  const name = handOver('7\n');
  expect((await post(name, 'SELECT 1')).text).toMatch(/^Code: 36\. .*Only the data of an INSERT/);
  expect((await post(name, `${insert}\n8\n`)).text).toMatch(/^Code: 36\. .*in the body and in a file/);
  expect((await post(name, '9\n', { query: insert })).text).toMatch(/^Code: 36\. .*in the body and in a file/);
  expect(await count()).toBe(before);
  expect(readdirSync(warehouse.handoverPath)).toEqual([name]);
});

test('a file below and at the bound is taken, one above is refused and removed', async () => {
  const folder = await tempFolder();
  async function* none() {}
  for (const [sizeBytes, isTaken] of [
    [99, true],
    [100, true],
    [101, false],
  ] as const) {
    const name = randomUUID();
    writeFileSync(join(folder, name), Buffer.alloc(sizeBytes));
    const taken = takeHandedOver(folder, name, join(folder, 'taken'), none(), 100);
    if (isTaken) expect(await taken).toBe(sizeBytes);
    else await expect(taken).rejects.toThrow(/larger than 100 bytes/);
    expect(existsSync(join(folder, name))).toBe(false);
    expect(existsSync(join(folder, 'taken'))).toBe(isTaken);
  }
});
