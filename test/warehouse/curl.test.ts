import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { curl, WarehouseProcess } from './support/warehouse-process.ts';

let warehouse: WarehouseProcess;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  await warehouse.sql('CREATE TABLE default.c (a UInt32, s String) ENGINE = MergeTree ORDER BY a');
});
afterAll(() => warehouse.remove());

const url = (query: string, search: Record<string, string> = {}) =>
  `${warehouse.url}/?${new URLSearchParams({ query, ...search })}`;

test.each(['/', '/ping', '/replicas_status'])('%s says Ok, to GET and HEAD', async (path) => {
  expect(await curl(`${warehouse.url}${path}`)).toMatchObject({ code: 0, stdout: 'Ok.\n' });
  const head = await curl('-I', `${warehouse.url}${path}`);
  expect(head.stdout).toMatch(/^HTTP\/1\.1 200/);
});

test('a query in the address, TabSeparated by default', async () => {
  expect((await curl(url('SELECT 1, 2'))).stdout).toBe('1\t2\n');
  expect((await curl(url('SELECT 1 AS x', { default_format: 'JSONCompactEachRow' }))).stdout).toBe('[1]\n');
  expect((await curl('-H', 'X-ClickHouse-Format: CSV', url("SELECT 1, 'a'"))).stdout).toBe('1,"a"\n');
});

test('HEAD runs the query and sends no body', async () => {
  const { stdout } = await curl('-I', url('SELECT 1'));
  expect(stdout).toMatch(/^HTTP\/1\.1 200/);
  expect(stdout).toMatch(/X-ClickHouse-Format: TabSeparated/i);
});

test('address and body are one text', async () => {
  expect((await curl('--data-binary', '1 + 1', url('SELECT'))).stdout).toBe('2\n');
});

test('a query in a packed body', async () => {
  const body = new Uint8Array(gzipSync("SELECT 'packed'"));
  const answer = await warehouse.post(body, {}, { 'content-encoding': 'gzip' });
  expect(answer).toMatchObject({ status: 200, text: 'packed\n' });
});

test.each([
  ['in the body', [], 'INSERT INTO default.c FORMAT CSV\n1,"a"\n2,"b"\n'],
  ['in the body, as VALUES', [], "INSERT INTO default.c (a, s) VALUES (3, 'c'), (4, 'd')"],
  ['beside the address', ['INSERT INTO default.c FORMAT TSV'], '5\te\n6\tf\n'],
  ['in the address, more in the body', ['INSERT INTO default.c FORMAT TSV\n7\tg'], '8\th\n'],
  ['through input()', ["INSERT INTO default.c SELECT x + 8, 'i' FROM input('x UInt8') FORMAT CSV"], '1\n2\n'],
])('rows %s', async (_, query, body) => {
  const before = Number(await warehouse.sql('SELECT count() FROM default.c'));
  const target = query[0] === undefined ? warehouse.url : url(query[0]);
  expect(await curl('-f', '--data-binary', body, target)).toMatchObject({ code: 0, stdout: '' });
  expect(Number(await warehouse.sql('SELECT count() FROM default.c'))).toBe(before + 2);
});

test('a large INSERT whose statement and data share the body', async () => {
  await warehouse.sql('CREATE TABLE default.large (a UInt32, s String) ENGINE = MergeTree ORDER BY a');
  const rows = Array.from({ length: 200_000 }, (_, n) => `${n},"é${n}"`).join('\n');
  const answer = await warehouse.post(`/* ü */ INSERT INTO default.large FORMAT CSV\n${rows}`);
  expect(answer.status).toBe(200);
  expect(await warehouse.sql('SELECT count(), sum(a), uniqExact(s) FROM default.large')).toBe(
    '200000\t19999900000\t200000',
  );
});

test.each([
  ['INSERT INTO default.c VALUES (9, 1)', 164],
  ['DROP TABLE default.c', 164],
  ['CREATE TABLE default.no (a UInt8) ENGINE = Memory', 164],
])('GET writes nothing: %s', async (query, code) => {
  const response = await fetch(url(query));
  expect(response.status).toBe(403);
  expect(response.headers.get('x-clickhouse-exception-code')).toBe(String(code));
  const lifted = await fetch(url(query, { readonly: '0' }));
  expect(lifted.status).toBe(403);
});

test.each([
  ['SELECT * FROM nosuch', 404, 60, /^Code: 60\. DB::Exception: .*nosuch.*\(UNKNOWN_TABLE\) \(version 26\./s],
  ['SELEC 1', 400, 62, /^Code: 62\. DB::Exception: Syntax error.*\(SYNTAX_ERROR\)/s],
  ['SELECT 1; SELECT 2', 400, 62, /Multi-statements are not allowed/],
  ['SELECT 1\0; DROP TABLE c', 400, 62, /NUL/],
  ['SELECT nosuch(1)', 404, 46, /UNKNOWN_FUNCTION/],
  ['SELECT 1 FORMAT Nosuch', 404, 73, /UNKNOWN_FORMAT/],
  ["SELECT 1 INTO OUTFILE '/tmp/x'", 403, 358, /INTO OUTFILE is not allowed/],
  ["INSERT INTO c FROM INFILE '/etc/passwd' FORMAT CSV", 501, 48, /INFILE/],
  ['SELECT sleep(3), 1 SETTINGS max_execution_time = 0', 400, 452, /SETTING_CONSTRAINT_VIOLATION/],
])('%j is answered with %d', async (query, status, code, text) => {
  const answer = await warehouse.post(query);
  expect(answer).toMatchObject({ status, text: expect.stringMatching(text) });
  expect(answer.headers.get('x-clickhouse-exception-code')).toBe(String(code));
});

test('the position of a syntax error is the one in the text as sent', async () => {
  const answer = await warehouse.post('SELECT 1 +', { max_threads: '1' });
  expect(answer.text).toMatch(/position 11 \(end of query\)/);
});

test('a database that does not exist', async () => {
  expect((await warehouse.post('SELECT 1', { database: 'nosuch' })).status).toBe(404);
});

test('a path that does not exist', async () => {
  const { stdout } = await curl('-w', '%{http_code}', `${warehouse.url}/nosuch`);
  expect(stdout).toMatch(/There is no handle \/nosuch[\s\S]*404$/);
});

test('a result that breaks off makes curl fail, and says why', async () => {
  const query = 'SELECT number, throwIf(number = 2000000) FROM numbers(3000000)';
  const { code, stdout } = await curl(url(query));
  expect(code).toBe(18);
  expect(stdout.slice(-1000)).toMatch(/__exception__\r\n[0-9a-f]{16}\r\nCode: 395\./);
});

test('gzip only for who asks and takes it', async () => {
  const both = await curl('-D', '-', '--compressed', url('SELECT 1', { enable_http_compression: '1' }));
  expect(both.stdout).toMatch(/Content-Encoding: gzip[\s\S]*\r\n\r\n1\n$/i);
  const asked = await curl('-D', '-', url('SELECT 1', { enable_http_compression: '1' }));
  expect(asked.stdout).not.toMatch(/Content-Encoding/i);
  const takes = await curl('-D', '-', '--compressed', url('SELECT 1'));
  expect(takes.stdout).not.toMatch(/Content-Encoding/i);
});

test('web pages of others are turned away', async () => {
  const origin = await curl(
    '-w',
    '%{http_code}',
    '-H',
    'Origin: https://evil.example',
    '-d',
    'SELECT 1',
    warehouse.url,
  );
  expect(origin.stdout).toMatch(/ACCESS_DENIED[\s\S]*403$/);
  const rebound = await curl('-w', '%{http_code}', '-H', 'Host: evil.example', url('SELECT 1'));
  expect(rebound.stdout).toMatch(/403$/);
});
