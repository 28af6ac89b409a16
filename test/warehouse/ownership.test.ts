import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { until, WarehouseProcess } from './support/warehouse-process.ts';

const started: WarehouseProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const warehouse of started.splice(0)) await warehouse.remove();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'warehouse-test-'));
  folders.push(path);
  return path;
}

async function start(...options: Parameters<typeof WarehouseProcess.start>): Promise<WarehouseProcess> {
  const warehouse = await WarehouseProcess.start(...options);
  started.push(warehouse);
  return warehouse;
}

test('a second process is told who has the directory, and where', async () => {
  const first = await start();
  const second = await start({ dataDir: first.dataDir });
  expect(second.answer.kind).toBe('data-dir-locked');
  expect(second.answer.message).toContain(first.dataDir);
  expect(second.answer.message).toContain(`process ${first.child.pid}`);
  expect(second.answer.message).toContain(first.url);
  expect(await first.sql('SELECT 1')).toBe('1');
});

test('killed in mid-insert, it starts again with all that was acknowledged, and without leftovers', async () => {
  const dataDir = folder();
  const first = await start({ dataDir });
  await first.sql('CREATE TABLE default.t (a UInt32) ENGINE = MergeTree ORDER BY a');
  let acknowledged = 0;
  const inserting = (async () => {
    for (;;) {
      await first.sql(`${acknowledged}\n`, { query: 'INSERT INTO default.t FORMAT CSV' });
      acknowledged += 1;
    }
  })().catch(() => undefined);
  await until(async () => acknowledged >= 20);
  writeFileSync(join(dataDir, 'tmp', 'insert-left-over'), 'x');
  await first.end('SIGKILL');
  await inserting;
  const second = await start({ dataDir });
  const handoverPath = join(dataDir, 'tmp', 'handover');
  expect(second.answer).toEqual({ url: expect.any(String), warnings: [], handoverPath });
  const [count, distinct] = (await second.sql('SELECT count(), uniqExact(a) FROM default.t')).split('\t').map(Number);
  expect(count).toBe(distinct);
  expect(count).toBeGreaterThanOrEqual(acknowledged);
  expect(() => statSync(join(dataDir, 'tmp', 'insert-left-over'))).toThrow(/ENOENT/);
});

test('a broken data part is reported at start', async () => {
  const dataDir = folder();
  const first = await start({ dataDir });
  await first.sql('CREATE TABLE default.t (a UInt32) ENGINE = MergeTree ORDER BY a');
  await first.sql('INSERT INTO default.t VALUES (1), (2), (3)');
  const part = await first.sql("SELECT path FROM system.parts WHERE table = 't' AND active");
  expect(await first.end()).toBe(0);
  for (const name of readdirSync(part)) if (/^(?:data|a)\.(?:bin|cmrk|mrk|cmrk3)/.test(name)) rmSync(join(part, name));
  const second = await start({ dataDir });
  expect(second.answer.warnings).toEqual([expect.stringMatching(/broken data part.*default\.t: .*all_1_1_0/)]);
});

test('the directory is private, and says who owns it', async () => {
  const dataDir = join(folder(), 'new', 'data');
  const warehouse = await start({ dataDir });
  for (const path of [dataDir, join(dataDir, 'engine'), join(dataDir, 'tmp'), join(dataDir, 'tmp', 'handover')]) {
    expect(statSync(path).mode & 0o777).toBe(0o700);
  }
  const owner = JSON.parse(readFileSync(join(dataDir, 'owner.lock'), 'utf8'));
  expect(owner).toEqual({ pid: warehouse.child.pid, address: new URL(warehouse.url).host, since: expect.any(String) });
});

test.each([
  ['a file', (path: string) => writeFileSync(path, 'x')],
  ['inside a file', (path: string) => writeFileSync(join(path, '..'), 'x')],
  ['a pattern to the engine', () => undefined],
])('a data directory that is %s', async (what, make) => {
  const root = folder();
  let dataDir = join(root, 'x');
  if (what === 'inside a file') {
    dataDir = join(root, 'file', 'x');
    writeFileSync(join(root, 'file'), 'x');
  } else if (what === 'a pattern to the engine') {
    dataDir = join(root, 'a{b}*');
    mkdirSync(dataDir);
  } else {
    make(dataDir);
  }
  const { answer } = await start({ dataDir });
  expect(answer.kind).toBe('data-dir-unusable');
  expect(answer.message).toContain(dataDir);
  expect(answer.message).toMatch(/TELEMETRY_DATA_DIR/);
});

test('an address that is taken', async () => {
  const first = await start();
  const address = new URL(first.url).host;
  const { answer } = await start({ address });
  expect(answer).toMatchObject({ kind: 'address-in-use', message: expect.stringContaining(address) });
});

test('an address others can reach is refused, unless it is asked for by its dangerous name', async () => {
  const refused = await start({ address: '0.0.0.0:0' });
  expect(refused.answer.kind).toBe('address-not-loopback');
  const allowed = await start({ address: '0.0.0.0:0', dangerouslyAllowRemote: true });
  expect(allowed.answer.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
});

test('a small thread pool still works, and is warned of', async () => {
  const warehouse = await start({}, 4);
  expect(warehouse.answer.warnings).toEqual([expect.stringContaining('UV_THREADPOOL_SIZE=16')]);
  const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => warehouse.sql(`SELECT ${n}, sleep(0.01)`)));
  expect(answers).toEqual(Array.from({ length: 12 }, (_, n) => `${n}\t0`));
});

test('close lets a running query end', async () => {
  const warehouse = await start();
  const slow = warehouse.sql('SELECT count(), sum(sleepEachRow(0.1)) FROM numbers(8) SETTINGS max_block_size = 1');
  await until(
    async () => (await warehouse.sql("SELECT count() FROM system.processes WHERE query LIKE '%EachRow%'")) === '2',
  );
  expect(await warehouse.end()).toBe(0);
  expect(await slow).toBe('8\t0');
});

test('close kills what does not end', async () => {
  const warehouse = await start({ closeDrainLimitMs: 100 });
  const endless = warehouse.sql('SELECT sum(sipHash64(number)) FROM numbers(1000000000000)').catch((error) => error);
  await until(
    async () => (await warehouse.sql("SELECT count() FROM system.processes WHERE query LIKE '%sipHash%'")) === '2',
  );
  const startedMs = performance.now();
  expect(await warehouse.end()).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(3_000);
  expect(await endless).toBeInstanceOf(Error);
});
