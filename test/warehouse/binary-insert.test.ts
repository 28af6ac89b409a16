import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { segment, segmentSchema } from './support/segment.ts';
import { until, WarehouseProcess } from './support/warehouse-process.ts';

let warehouse: WarehouseProcess;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  const statements = [
    'CREATE DATABASE b ENGINE = Atomic',
    'CREATE TABLE b.intake (user String, received UInt64, events Nested(seq UInt64, name String)) ENGINE = Null',
    'CREATE TABLE b.events (user String, received UInt64, seq UInt64, name LowCardinality(String)) ' +
      'ENGINE = MergeTree ORDER BY (name, seq) SETTINGS non_replicated_deduplication_window = 1000',
    'CREATE MATERIALIZED VIEW b.view TO b.events AS SELECT user, received, e.1 AS seq, e.2 AS name FROM ' +
      '(SELECT user, received, arrayJoin(arrayZip(events.seq, events.name)) AS e FROM b.intake)',
    'CREATE TABLE b.t (a UInt32, s String) ENGINE = MergeTree ORDER BY a',
  ];
  for (const statement of statements) await warehouse.sql(statement);
});
beforeEach(async () => {
  await warehouse.sql('TRUNCATE TABLE b.events');
  await warehouse.sql('TRUNCATE TABLE b.t');
});
afterAll(() => warehouse.remove());

const gzip = { 'content-encoding': 'gzip' };
const leftovers = () => readdirSync(join(warehouse.dataDir, 'tmp')).filter((name) => name.startsWith('insert-'));
const loadSettings = (token: string) => ({
  format_schema_source: 'string',
  format_schema: segmentSchema,
  format_schema_message_name: 'Batch',
  insert_deduplication_token: token,
  deduplicate_blocks_in_dependent_materialized_views: '1',
});
const counts = () => warehouse.sql('SELECT count(), uniqExact(seq), sum(seq), uniqExact(user, received) FROM b.events');

describe('a segment: thousands of gzip members of length-delimited protobuf', () => {
  const inStatement = (token: string) => {
    const clause = Object.entries(loadSettings(token)).map(([name, value]) => `${name} = '${value}'`);
    return { query: `INSERT INTO b.intake SETTINGS ${clause.join(', ')} FORMAT Protobuf` };
  };
  const inAddress = (token: string) => ({ query: 'INSERT INTO b.intake FORMAT Protobuf', ...loadSettings(token) });

  test.each([
    ['settings in the statement', false, inStatement],
    ['settings in the statement, FEXTRA in the members', true, inStatement],
    ['settings in the address', true, inAddress],
  ])('loads to the row with %s, once for each token', async (name, extra, search) => {
    const { bytes, rows } = segment({ batches: 3000, eventsPerBatch: 5, extra });
    const expected = `${rows}\t${rows}\t${(rows * (rows + 1)) / 2}\t3000`;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const answer = await warehouse.post(bytes, search(name), gzip);
      expect(answer.text).toBe('');
      expect(answer.status).toBe(200);
      expect(await counts()).toBe(expected);
    }
    expect(leftovers()).toEqual([]);
  });

  test('the same rows under another token are other rows', async () => {
    const { bytes, rows } = segment({ batches: 10, eventsPerBatch: 5, extra: true });
    for (const token of ['one', 'two']) await warehouse.post(bytes, inAddress(token), gzip);
    expect(await warehouse.sql('SELECT count() FROM b.events')).toBe(String(2 * rows));
  });
});

test.each(['RowBinary', 'Native', 'Parquet', 'Arrow', 'ORC', 'Avro', 'MsgPack', 'JSONEachRow', 'CSVWithNames'])(
  '%s comes out and goes in again, plain and packed',
  async (format) => {
    const select = `SELECT toUInt32(number) AS a, concat('s\\n', toString(number)) AS s FROM numbers(70000) FORMAT ${format}`;
    const response = await fetch(`${warehouse.url}/?${new URLSearchParams({ query: select })}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const query = `INSERT INTO b.t (a, s) SETTINGS max_insert_block_size = 10000 FORMAT ${format}`;
    expect(await warehouse.post(bytes, { query })).toMatchObject({ status: 200, text: '' });
    expect(await warehouse.post(gzipSync(bytes), { query }, gzip)).toMatchObject({ status: 200, text: '' });
    expect(await warehouse.sql('SELECT count(), uniqExact(a), uniqExact(s) FROM b.t')).toBe('140000\t70000\t70000');
    expect(leftovers()).toEqual([]);
  },
);

test('binary data after the statement, in one body', async () => {
  const row = Buffer.from([7, 0, 0, 0, 3, 0x0a, 0x00, 0x3b]);
  const body = Buffer.concat([Buffer.from('INSERT INTO b.t FORMAT RowBinary\n'), row]);
  expect(await warehouse.post(body)).toMatchObject({ status: 200 });
  expect(await warehouse.sql('SELECT a, hex(s) FROM b.t')).toBe('7\t0A003B');
});

test('no data is no rows', async () => {
  for (const format of ['CSV', 'Protobuf', 'RowBinary']) {
    const search = { ...loadSettings(`empty-${format}`), query: `INSERT INTO b.intake FORMAT ${format}` };
    expect(await warehouse.post('', search)).toMatchObject({ status: 200 });
  }
  expect(await warehouse.sql('SELECT count() FROM b.events')).toBe('0');
});

test('a packed body that is damaged or cut is an error, and the file is gone', async () => {
  const { bytes } = segment({ batches: 50, eventsPerBatch: 5, extra: true });
  const search = { ...loadSettings('damaged'), query: 'INSERT INTO b.intake FORMAT Protobuf' };
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(bytes.length - 200) ^ 0xff, bytes.length - 200);
  for (const body of [bytes.subarray(0, bytes.length - 100), flipped, Buffer.from('not gzip at all')]) {
    const answer = await warehouse.post(body, search, gzip);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).toMatch(/^Code: \d+\. DB::Exception/);
  }
  expect(leftovers()).toEqual([]);
});

test('an unknown Content-Encoding is an error', async () => {
  const answer = await warehouse.post('x', { query: 'INSERT INTO b.t FORMAT CSV' }, { 'content-encoding': 'rot13' });
  expect(answer).toMatchObject({ status: 501 });
});

test('a client that breaks off its body inserts nothing', async () => {
  const target = `${warehouse.url}/?${new URLSearchParams({ query: 'INSERT INTO b.t FORMAT CSV' })}`;
  const upload = request(target, { method: 'POST' });
  upload.on('error', () => undefined);
  upload.write('1,a\n'.repeat(100_000));
  await until(async () => leftovers().length === 1);
  upload.destroy();
  await until(async () => leftovers().length === 0);
  expect(await warehouse.sql('SELECT count() FROM b.t')).toBe('0');
});
