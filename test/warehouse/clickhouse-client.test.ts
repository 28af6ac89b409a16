import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WarehouseProcess } from './support/warehouse-process.ts';

let warehouse: WarehouseProcess;
let client: ReturnType<WarehouseProcess['client']>;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  client = warehouse.client();
  await client.command({ query: 'CREATE DATABASE d ENGINE = Atomic' });
  await client.command({ query: 'CREATE TABLE d.t (a UInt32, s String) ENGINE = MergeTree ORDER BY a' });
});
afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

const json = async (query: string, options: object = {}) =>
  (await client.query({ query, format: 'JSONEachRow', ...options })).json();

test('ping, by path and by query', async () => {
  expect(await client.ping()).toEqual({ success: true });
  expect(await client.ping({ select: true })).toEqual({ success: true });
});

test('rows go in and come out, and the summary counts them', async () => {
  const values = [
    { a: 1, s: "it's\n\ttab\\" },
    { a: 2, s: '“ü”' },
  ];
  const inserted = await client.insert({ table: 'd.t', values, format: 'JSONEachRow' });
  expect(inserted.summary).toMatchObject({ written_rows: '2' });
  expect(await json('SELECT * FROM d.t ORDER BY a')).toEqual(values);
});

test('a stream of rows goes in', async () => {
  const rows = Readable.from(Array.from({ length: 1000 }, (_, n) => ({ a: n, s: `s${n}` })));
  await client.command({ query: 'CREATE TABLE d.stream AS d.t' });
  const { summary } = await client.insert({
    table: 'd.stream',
    values: rows,
    format: 'JSONEachRow',
    columns: ['a', 's'],
  });
  expect(summary?.written_rows).toBe('1000');
  expect(await json('SELECT sum(a) AS sum FROM d.stream')).toEqual([{ sum: 499_500 }]);
});

test('INSERT as a command: VALUES with expressions, and SELECT', async () => {
  await client.command({ query: 'CREATE TABLE d.v AS d.t' });
  await client.command({
    query: "INSERT INTO d.v VALUES (1 + 1, upper('x')), ({n:UInt32}, 'a;b')",
    query_params: { n: 7 },
  });
  const { summary } = await client.command({
    query: 'INSERT INTO d.v SELECT number, toString(number) FROM numbers(5)',
  });
  expect(summary?.written_rows).toBe('5');
  expect(await json("SELECT a, s FROM d.v WHERE a = 2 AND s = 'X' OR a = 7")).toEqual([
    { a: 2, s: 'X' },
    { a: 7, s: 'a;b' },
  ]);
});

describe('query parameters arrive as they were given', () => {
  test.each([
    ['String', "it's \\ \n\t\r\0\b “ü” {x:String} \\N -- ;"],
    ['UInt32', 4_294_967_295],
    ['UInt256', 1],
    ['Float64', 1.5],
    ['Bool', true],
    ['Array(String)', ["a'b", 'c\\d', '\t', '']],
    ['Array(Nullable(Int32))', [1, null, 3]],
    ['Map(String, UInt8)', { "k'1": 1, 'k\n2': 2 }],
    ['Nullable(String)', null],
    ['Nullable(String)', 'x'],
    ['Array(Array(String))', [["'"], []]],
  ])('%s %j', async (type, value) => {
    const rows = await json(`SELECT {x:${type}} AS x`, { query_params: { x: value } });
    expect(rows).toEqual([{ x: value }]);
  });

  test('dates', async () => {
    const time = new Date('2024-02-29T12:34:56.789Z');
    const query =
      "SELECT toUnixTimestamp64Milli({x:DateTime64(3, 'UTC')}) AS ms, toUnixTimestamp({y:DateTime('UTC')}) AS s";
    const rows = await json(query, { query_params: { x: time, y: new Date('2024-02-29T12:34:56Z') } });
    expect(rows).toEqual([{ ms: time.getTime(), s: 1_709_210_096 }]);
  });

  test('names', async () => {
    const query = 'SELECT count() > 0 AS found FROM {db:Identifier}.{table:Identifier} WHERE {column:Identifier} = 1';
    const rows = await json(query, { query_params: { db: 'd', table: 't', column: 'a' } });
    expect(rows).toEqual([{ found: 1 }]);
    const hostile = json('SELECT 1 FROM {t:Identifier}', { query_params: { t: 'one`; DROP TABLE d.t --' } });
    await expect(hostile).rejects.toMatchObject({ code: '60' });
  });

  test('only where they are substitutions', async () => {
    const rows = await json("SELECT '{x:String}' AS a, {x:String} AS b -- {x:String}", { query_params: { x: 'v' } });
    expect(rows).toEqual([{ a: '{x:String}', b: 'v' }]);
  });

  test('large ones, which the client sends as a form', async () => {
    const x = Array.from({ length: 2000 }, (_, n) => `value '${n}'`);
    const rows = await json('SELECT length({x:Array(String)}) AS n, {x:Array(String)}[2000] AS last', {
      query_params: { x },
      use_multipart_params: true,
    });
    expect(rows).toEqual([{ n: 2000, last: "value '1999'" }]);
  });

  test.each([
    ['SELECT {x:UInt8}', { x: 'abc' }, '457'],
    ['SELECT {y:UInt8}', { x: 1 }, '456'],
  ])('%s with %j fails with %s', async (query, query_params, code) => {
    await expect(json(query, { query_params })).rejects.toMatchObject({ code });
  });
});

test('settings, database and query id', async () => {
  const result = await client.query({
    query: "SELECT getSetting('max_threads') AS threads, getSetting('max_execution_time') AS s",
    format: 'JSONEachRow',
    clickhouse_settings: { max_threads: 3, max_execution_time: 7 },
    query_id: 'my-query',
  });
  expect(await result.json()).toEqual([{ threads: 3, s: 7 }]);
  expect(result.query_id).toBe('my-query');
  expect(result.response_headers).toMatchObject({
    'x-clickhouse-query-id': 'my-query',
    'x-clickhouse-format': 'JSONEachRow',
    'x-clickhouse-timezone': expect.any(String),
    'x-clickhouse-server-display-name': expect.any(String),
  });
  const inside = warehouse.client({ database: 'd' });
  const rows = await (await inside.query({ query: 'SELECT currentDatabase() AS db', format: 'JSONEachRow' })).json();
  expect(rows).toEqual([{ db: 'd' }]);
  await inside.close();
});

test.each(['gzip', 'zstd', 'br'] as const)('packed by the client with %s, and back with gzip', async (codec) => {
  const packed = warehouse.client({ compression: { request: { codec }, response: true } });
  await packed.command({ query: `CREATE TABLE d.packed_${codec} AS d.t` });
  const values = Array.from({ length: 5000 }, (_, a) => ({ a, s: 'x'.repeat(20) }));
  await packed.insert({ table: `d.packed_${codec}`, values, format: 'JSONEachRow' });
  const result = await packed.query({ query: `SELECT * FROM d.packed_${codec} ORDER BY a`, format: 'JSONEachRow' });
  expect(result.response_headers['content-encoding']).toBe('gzip');
  expect(await result.json()).toEqual(values);
  await packed.close();
});

test('exec gives the raw stream of any format', async () => {
  const { stream } = await client.exec({ query: 'SELECT toUInt16(258) FORMAT RowBinary' });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  expect(Buffer.concat(chunks)).toEqual(Buffer.from([2, 1]));
});

test.each(['JSON', 'JSONCompact', 'JSONColumnsWithMetadata'] as const)('%s is one whole document', async (format) => {
  const result = await client.query({ query: 'SELECT number FROM numbers(200000)', format });
  expect(await result.json()).toMatchObject({ rows: 200_000 });
});

test('a header line comes once, however long the result', async () => {
  const result = await client.query({ query: 'SELECT number AS n FROM numbers(500000)', format: 'CSVWithNames' });
  const lines = (await result.text()).trimEnd().split('\n');
  expect(lines.length).toBe(500_001);
  expect(lines.filter((line) => line === '"n"').length).toBe(1);
});

describe('errors', () => {
  test.each([
    ['SELEC 1', '62', 'SYNTAX_ERROR'],
    ['SELECT * FROM d.nosuch', '60', 'UNKNOWN_TABLE'],
    ['SELECT nosuch FROM d.t', '47', 'UNKNOWN_IDENTIFIER'],
    ["SELECT throwIf(1, 'boom')", '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
    ['SHOW TABLES FROM nosuch', '81', 'UNKNOWN_DATABASE'],
    ['CREATE TABLE d.t (a UInt8) ENGINE = Memory', '57', 'TABLE_ALREADY_EXISTS'],
  ])('%s', async (query, code, type) => {
    await expect(client.command({ query })).rejects.toMatchObject({ code, type });
    const result = client.query({ query });
    await expect(result).rejects.toMatchObject({ code });
  });

  test('of an insert', async () => {
    const insert = client.insert({ table: 'd.t', values: [{ a: 'not a number' }], format: 'JSONEachRow' });
    await expect(insert).rejects.toMatchObject({ code: '27' });
    const unknown = client.insert({ table: 'd.nosuch', values: [{ a: 1 }], format: 'JSONEachRow' });
    await expect(unknown).rejects.toMatchObject({ code: '60' });
  });

  test('of an unknown setting', async () => {
    const query = client.query({ query: 'SELECT 1', clickhouse_settings: JSON.parse('{"nosuch":1}') });
    await expect(query).rejects.toMatchObject({ code: '115', type: 'UNKNOWN_SETTING' });
  });

  test('in the middle of a result never look like its end', async () => {
    const query = 'SELECT number, throwIf(number = 900000) AS x FROM numbers(1000000)';
    for (const response of [false, true]) {
      const reader = warehouse.client({ compression: { response } });
      const result = await reader.query({
        query,
        format: 'JSONEachRow',
        clickhouse_settings: { max_block_size: '10000' },
      });
      let rows = 0;
      const read = async () => {
        for await (const batch of result.stream()) rows += batch.length;
      };
      await expect(read()).rejects.toThrow();
      expect(rows).toBeGreaterThan(0);
      expect(rows).toBeLessThan(900_001);
      await reader.close();
    }
  });

  test('wait_end_of_query gives them their status even so', async () => {
    const query = 'SELECT number, throwIf(number = 900000) AS x FROM numbers(1000000)';
    const result = client.query({ query, clickhouse_settings: { wait_end_of_query: 1 } });
    await expect(result).rejects.toMatchObject({ code: '395' });
  });
});

describe('sessions', () => {
  test('a session id does no harm', async () => {
    expect(await json('SELECT 1 AS x', { session_id: 's' })).toEqual([{ x: 1 }]);
  });

  test.each(['SET max_threads = 1', 'USE d', 'CREATE TEMPORARY TABLE x (a UInt8)'])('%s is refused', async (query) => {
    const refused = client.command({ query, session_id: 's' });
    await expect(refused).rejects.toMatchObject({ code: '48', type: 'NOT_IMPLEMENTED' });
  });
});

test.each([
  ['WITH 5 AS format SELECT format x', '5'],
  ['SELECT s AS format FROM (SELECT arrayJoin([1, 3, 2]) AS s) ORDER BY format DESC', '3\n2\n1'],
])('a column called format is not a clause: %s', async (query, expected) => {
  expect(await warehouse.sql(query)).toBe(expected);
});
