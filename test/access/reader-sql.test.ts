import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { KeyBook } from './support/keys.ts';

/*
 * One warehouse for all: it is asked and not changed. `secret.txt` stands for any file that the process may read, `private_data.t` for a
 * database of the operator's own.
 */
let warehouse: WarehouseProcess;
let folder: string;
let secret: string;
let target: string;
let admin: string;
let reader: string;
let ingest: string;
let removeFolder = () => {};

beforeAll(async () => {
  folder = temporaryFolder((remove) => {
    removeFolder = remove;
  });
  secret = join(folder, 'secret.txt');
  target = join(folder, 'out.txt');
  writeFileSync(secret, 'SECRET\n');
  const book = new KeyBook(folder);
  [admin, reader, ingest] = [await book.add('admin'), await book.add('reader'), await book.add('ingest', 'all')];
  warehouse = await WarehouseProcess.start({ keysFile: book.path });
  const client = createClient({ url: warehouse.url, username: 'anybody', password: admin });
  await migrate(client, { log: () => {} });
  for (const query of [
    'CREATE DATABASE private_data',
    'CREATE TABLE private_data.t (s String) ENGINE = MergeTree ORDER BY s',
    "INSERT INTO private_data.t SELECT 'SECRET'",
    'CREATE TABLE telemetry.plain (n UInt32, file String) ENGINE = MergeTree ORDER BY n',
    "INSERT INTO telemetry.plain SELECT number, 'x' FROM numbers(5)",
    'CREATE VIEW telemetry.plain_from AS SELECT n FROM telemetry.plain WHERE n >= {first:UInt32}',
  ]) {
    await client.command({ query });
  }
  await client.close();
});

afterAll(async () => {
  await warehouse.remove();
  removeFolder();
});

function ask(sql: string, key: string, search: Record<string, string> = {}) {
  return warehouse.post(sql, search, { 'X-ClickHouse-Key': key });
}

function filled(sql: string): string {
  return sql.replaceAll('{secret}', secret).replaceAll('{target}', target);
}

test.each([
  ['SELECT count() FROM telemetry.plain', '5'],
  ['SELECT sum(n) FROM plain', '10'],
  ['WITH big AS (SELECT n FROM plain WHERE n > 2) SELECT count() FROM big WHERE n IN big', '2'],
  ['SELECT n FROM plain WHERE n IN (SELECT max(n) FROM telemetry.plain) -- the last', '4'],
  ['SELECT 1 UNION ALL SELECT 1', '1\n1'],
  ['SELECT arraySort(arrayMap(x -> x * 2, groupArray(n))) FROM plain', '[0,2,4,6,8]'],
  ['SELECT p.file FROM plain AS p LIMIT 1', 'x'],
  ['SELECT max(n) FROM telemetry.plain_from(first = 2)', '4'],
  ['SELECT count() FROM numbers(7)', '7'],
  ['SELECT count() > 0 FROM system.columns WHERE database = currentDatabase()', '1'],
  ['SELECT * FROM view(SELECT 3)', '3'],
  ["SELECT format('{}-{}', 'a', 'b'), position('a' IN 'cab'), 'file(1); DROP' = ''", 'a-b\t2\t0'],
  ['SELECT n, row_number() OVER (ORDER BY n DESC) AS place FROM plain ORDER BY place LIMIT 1 FORMAT CSV', '4,1'],
  ['EXISTS TABLE telemetry.plain', '1'],
  ["SELECT name FROM information_schema.schemata WHERE schema_name = 'x' OR 1 = 0 LIMIT 0", undefined],
] as const)('a reader may: %s', async (sql, expected) => {
  const { status, text } = await ask(sql, reader);
  if (expected === undefined) expect([200, 404]).toContain(status);
  else expect(text.trimEnd()).toBe(expected);
});

test.each([
  'SHOW TABLES',
  'SHOW TABLES FROM telemetry',
  'SHOW DATABASES',
  'SHOW CREATE TABLE telemetry.plain',
  'DESCRIBE TABLE telemetry.plain',
  'DESC (SELECT 1)',
  'EXPLAIN SELECT n FROM plain',
  'EXPLAIN indexes = 1 SELECT n FROM plain WHERE n = 1',
])('a reader may look: %s', async (sql) => {
  expect(await ask(sql, reader)).toMatchObject({ status: 200 });
});

const READS_A_FILE = [
  "SELECT file('{secret}')",
  "SELECT FiLe('{secret}')",
  "SELECT `file`('{secret}')",
  'SELECT "file"(\'{secret}\')',
  "SELECT fi/**/le('{secret}'), file /* x */ ('{secret}')",
  "SELECT -- x\n file('{secret}')",
  "SELECT 1, # x\n file('{secret}')",
  "SELECT (SELECT (SELECT file('{secret}')))",
  "WITH (SELECT file('{secret}')) AS f SELECT f",
  "WITH f AS (SELECT file('{secret}') AS x) SELECT x FROM f",
  "WITH x -> file(x) AS f SELECT f('{secret}')",
  "SELECT arrayMap(file, ['{secret}'])",
  "SELECT arrayMap(`file`, ['{secret}'])",
  "WITH file AS f SELECT arrayMap(f, ['{secret}'])",
  "SELECT arrayMap(x -> file(x), ['{secret}'])",
  "SELECT 'a' UNION ALL SELECT file('{secret}')",
  "(SELECT 'a') INTERSECT (SELECT file('{secret}'))",
  "SELECT * FROM (SELECT '{secret}' AS p) ARRAY JOIN [file(p)] AS y",
  "SELECT '{secret}' AS p ORDER BY file(p)",
  "SELECT count() FROM plain GROUP BY file('{secret}')",
  "SELECT n FROM plain WHERE file('{secret}') = 'x'",
  "SELECT n FROM plain PREWHERE file('{secret}') = 'x'",
  "SELECT sum(n) OVER (PARTITION BY file('{secret}')) FROM plain",
  "SELECT * FROM view(SELECT file('{secret}'))",
  "SELECT * FROM telemetry.plain_from(first = length(file('{secret}')))",
  "SELECT p.* APPLY(file) FROM (SELECT '{secret}' AS a) AS p",
  "SELECT * REPLACE(file('{secret}') AS n) FROM plain",
  "SELECT if(1, file('{secret}'), 'x') AS file2",
  "EXPLAIN SELECT file('{secret}')",
  "EXPLAIN SYNTAX SELECT file('{secret}')",
  "DESCRIBE (SELECT file('{secret}'))",
  "SELECT * FROM file('{secret}', 'LineAsString')",
  "SELECT * FROM `file`('{secret}', 'LineAsString')",
  "SELECT * FROM '{secret}'",
  'SELECT * FROM `{secret}`',
  "SELECT 1 WHERE 'SECRET' IN file('{secret}', 'LineAsString')",
  "DESCRIBE TABLE file('{secret}')",
  "SELECT * FROM fileCluster('default', '{secret}', 'LineAsString')",
  "SELECT * FROM filesystem('{secret}')",
];

test.each(READS_A_FILE)('a reader reads no file: %s', async (sql) => {
  const { status, text } = await ask(filled(sql), reader);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(text).not.toContain('SECRET\n');
  expect(text).not.toContain('SECRET\\n');
});

test('an admin may, so that the test above has something to stop', async () => {
  expect((await ask(filled("SELECT file('{secret}')"), admin)).text).toContain('SECRET');
});

test.each([
  "SELECT 1 INTO OUTFILE '{target}'",
  "SELECT 1 INTO OUTFILE '{target}' TRUNCATE FORMAT CSV",
  "SELECT 1 into/**/outfile '{target}'",
  "SELECT 1 InTo\nOuTfIlE '{target}'",
  "SELECT 1 INTO /* ' */ OUTFILE '{target}' -- '",
  "SELECT 1 FORMAT CSV INTO OUTFILE '{target}'",
  "EXPLAIN SELECT 1 INTO OUTFILE '{target}'",
  "EXPLAIN AST SELECT 1 INTO OUTFILE '{target}'",
  "SHOW TABLES INTO OUTFILE '{target}'",
  "DESCRIBE TABLE telemetry.plain INTO OUTFILE '{target}'",
  "EXISTS TABLE plain INTO OUTFILE '{target}'",
  "SELECT 1; SELECT 2 INTO OUTFILE '{target}'",
  "SELECT ';'; SELECT 2 INTO OUTFILE '{target}'",
  "SELECT 1 \u00a0; SELECT 2 INTO OUTFILE '{target}'",
  "SELECT $x$ ' $x$; SELECT 2 INTO OUTFILE '{target}'",
  "SELECT '\\'; SELECT 2 INTO OUTFILE '{target}' -- '",
  "SELECT 1 # comment\n; SELECT 2 INTO OUTFILE '{target}'",
  "INSERT INTO FUNCTION file('{target}', 'CSV', 'a String') SELECT 'x'",
  "SELECT 1 PARALLEL WITH SELECT 2 INTO OUTFILE '{target}'",
  "BACKUP TABLE telemetry.plain TO File('{target}')",
])('a reader writes no file: %s', async (sql) => {
  const { status } = await ask(filled(sql), reader);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(existsSync(target)).toBe(false);
});

test('what stands in a comment within a comment is a comment', async () => {
  const sql = filled("SELECT 1 /* /* */ ; SELECT 2 INTO OUTFILE '{target}' -- */");
  expect((await ask(sql, reader)).text.trim()).toBe('1');
  expect(existsSync(target)).toBe(false);
});

test.each([
  'INSERT INTO telemetry.plain VALUES (9)',
  'INSERT INTO telemetry.plain SELECT 9',
  'INSERT INTO telemetry.plain FORMAT CSV\n9\n',
  'DROP TABLE telemetry.plain',
  'TRUNCATE TABLE telemetry.plain',
  'ALTER TABLE telemetry.plain DELETE WHERE 1',
  'DELETE FROM telemetry.plain WHERE 1',
  'CREATE TABLE telemetry.mine (a UInt8) ENGINE = Memory',
  'CREATE VIEW telemetry.mine AS SELECT 1',
  'CREATE FUNCTION mine AS x -> x',
  'OPTIMIZE TABLE telemetry.plain',
  'RENAME TABLE telemetry.plain TO telemetry.other',
  'SYSTEM FLUSH LOGS',
  'SYSTEM STOP MERGES',
  'KILL QUERY WHERE 1 ASYNC',
  'SET max_threads = 1',
  'USE system',
  'CHECK TABLE telemetry.plain',
  'EXPLAIN AST DROP TABLE telemetry.plain',
  "EXPLAIN TABLE OVERRIDE mysql('127.0.0.1:1', 'a', 'b', 'c', 'd') PARTITION BY x",
  'EXECUTE AS root SELECT 1',
])('a reader changes nothing: %s', async (sql) => {
  expect((await ask(sql, reader)).status).toBeGreaterThanOrEqual(400);
  expect((await ask('SELECT count() FROM telemetry.plain', reader)).text.trim()).toBe('5');
});

const SEES_MORE = [
  'SELECT * FROM private_data.t',
  'SELECT s FROM `private_data`.`t`',
  'SELECT 1 FROM (SELECT * FROM private_data.t)',
  "SELECT 'SECRET' IN private_data.t",
  "SELECT in('SECRET', private_data.t)",
  "SELECT 'SECRET' GLOBAL NOT IN (SELECT s FROM private_data.t)",
  'SELECT * FROM plain JOIN private_data.t ON 1 = 1',
  "SELECT * FROM merge('private_data', '.*')",
  "SELECT * FROM cluster('default', 'private_data', 't')",
  "SELECT * FROM remote('127.0.0.1', 'private_data', 't')",
  "SELECT * FROM loop('private_data', 't')",
  "SELECT * FROM eval('SELECT * FROM private_data.t')",
  "SELECT * FROM viewIfPermitted(SELECT s FROM private_data.t ELSE null('s String'))",
  "SELECT * FROM mergeTreeIndex('private_data', 't')",
  'SELECT * FROM (EXPLAIN SELECT * FROM private_data.t)',
  'SHOW CREATE TABLE private_data.t',
  'SHOW TABLES FROM private_data',
  'DESCRIBE TABLE private_data.t',
  'EXISTS TABLE private_data.t',
  'SELECT query FROM system.processes',
  'SELECT * FROM system.users',
  'SELECT * FROM system.named_collections',
  'SELECT * FROM system.server_settings',
  'SHOW PROCESSLIST',
  'SHOW GRANTS',
  'SHOW USERS',
  'SHOW FILESYSTEM CACHES',
  "SELECT dictGet('d', 'a', 1)",
  "SELECT dictGetStringOrDefault('d', 'a', 1, '')",
  "SELECT joinGet('private_data.t', 's', 'SECRET')",
  "SELECT hasColumnInTable('127.0.0.1:1', 'private_data', 't', 's')",
  "SELECT getClientHTTPHeader('X-ClickHouse-Key')",
  'SELECT sleep(3)',
  "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
  "SELECT * FROM s3('http://127.0.0.1:1/bucket/x', 'CSV', 'a String')",
  "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
  "SELECT * FROM executable('id', 'TSV', 'a String')",
  "SELECT aiGenerate('x', 'y')",
  'SELECT 1 AS `a\n  Function lower`',
];

test.each(SEES_MORE)('a reader is refused: %s', async (sql) => {
  const { status, text } = await ask(sql, reader);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(text).toMatch(/Not enough privileges|SYNTAX_ERROR|READONLY|ACCESS_DENIED/);
  expect(text).not.toMatch(/^SECRET/m);
});

test.each([
  [{ max_execution_time: '0' }, 200],
  [{ database: 'default' }, 200],
  [{ database: 'system' }, 200],
  [{ output_format_json_quote_64bit_integers: '1' }, 200],
  [{ readonly: '0' }, 200],
  [{ database: 'private_data' }, 403],
  [{ format_schema: 'x' }, 403],
  [{ format_template_row: '/etc/hostname' }, 403],
  [{ output_format_schema: '/tmp/x' }, 403],
  [{ allow_introspection_functions: '1' }, 403],
  [{ additional_table_filters: "{'telemetry.plain': 'n = 1'}" }, 403],
])('settings of a reader: %j', async (search: Record<string, string>, status) => {
  expect((await ask('SELECT 1', reader, search)).status).toBe(status);
});

test.each([
  'SELECT 1 SETTINGS max_threads = 1',
  'SELECT 1 SETTINGS readonly = 0',
  'SELECT 1 SETTINGS max_execution_time = 9',
])('a reader sets nothing in a statement: %s', async (sql) => {
  expect(await ask(sql, reader)).toMatchObject({ status: 403, text: expect.stringContaining('READONLY') });
});

test('parameters of a reader are values, and never names', async () => {
  expect((await ask('SELECT {x:UInt8} + 1', reader, { param_x: '2' })).text.trim()).toBe('3');
  expect((await ask('SELECT * FROM {t:Identifier}', reader, { param_t: 'private_data.t' })).status).toBe(403);
  expect((await ask('SELECT * FROM {t : /**/ Identifier}', reader, { param_t: 'private_data.t' })).status).toBe(403);
});

test.each([
  ['password of HTTP Basic', () => ({ authorization: `Basic ${Buffer.from(`whoever:${reader}`).toString('base64')}` })],
  ['X-ClickHouse-Key', () => ({ 'X-ClickHouse-User': 'whoever', 'X-ClickHouse-Key': reader })],
  ['Bearer', () => ({ authorization: `Bearer ${reader}` })],
])('a key comes as %s', async (_, headers) => {
  expect((await warehouse.post('SELECT 1', {}, headers())).text.trim()).toBe('1');
});

test('without a key, or with one that is not for SQL, nothing is answered but the health check', async () => {
  const none = await warehouse.post('SELECT 1');
  expect(none.status).toBe(401);
  expect(none.headers.get('www-authenticate')).toContain('Basic');
  expect(none.text).toContain('REQUIRED_PASSWORD');
  expect((await warehouse.post('SELECT 1', { user: 'default', password: admin })).status).toBe(401);
  const wrong = await ask('SELECT 1', `${admin.slice(0, -1)}${admin.endsWith('0') ? '1' : '0'}`);
  expect(wrong).toMatchObject({ status: 403, text: expect.stringContaining('AUTHENTICATION_FAILED') });
  expect(await ask('SELECT 1', ingest)).toMatchObject({ status: 403, text: expect.stringContaining('ACCESS_DENIED') });
  expect((await warehouse.post('SELECT 1', {}, { authorization: 'Basic !' })).status).toBe(403);
  expect((await fetch(`${warehouse.url}/ping`)).status).toBe(200);
});

test('the stock client asks with a reader key', async () => {
  const client = createClient({ url: warehouse.url, password: reader });
  const answer = await client.query({
    query: 'SELECT n FROM plain WHERE n = {n:UInt32}',
    query_params: { n: 3 },
    format: 'JSONEachRow',
  });
  expect(await answer.json()).toEqual([{ n: 3 }]);
  await client.close();
});

/** Functions of the engine that were looked at, one by one, for what reaches beyond the data. */
const REVIEWED_FUNCTIONS = 'b852555d1dbf0934f5685b1ad0dafbfe3fc23818faf4ea64316ee795481ebe8e';

test('no function of the engine is new: look at those that are, and name what reaches beyond the data in reader-rules.ts', async () => {
  const names = (await ask('SELECT name FROM system.functions ORDER BY name', admin)).text;
  expect(createHash('sha256').update(names).digest('hex')).toBe(REVIEWED_FUNCTIONS);
});
