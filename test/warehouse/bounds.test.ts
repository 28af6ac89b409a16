import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until, WarehouseProcess } from './support/warehouse-process.ts';

let warehouse: WarehouseProcess;

beforeAll(async () => {
  // Eight threads: four queries and two inserts at a time.
  warehouse = await WarehouseProcess.start({ queryTimeLimitMs: 20_000 }, 8);
  await warehouse.sql('CREATE TABLE default.t (a UInt32) ENGINE = MergeTree ORDER BY a');
});
afterAll(() => warehouse.remove());

const endless = 'SELECT sum(sipHash64(number)) FROM numbers(1000000000000)';
const running = async () =>
  Number(
    await warehouse.sql(
      "SELECT count() FROM system.processes WHERE query LIKE '%1000000000000%' AND query NOT LIKE '%processes%'",
    ),
  );
const residentBytes = () => {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${warehouse.child.pid}/status`, 'utf8'));
  return Number(match?.[1]) * 1024;
};

test('a result of any size takes little memory, and waits for its reader', async () => {
  const before = residentBytes();
  const query = 'SELECT number FROM numbers(50000000)';
  const response = await fetch(`${warehouse.url}/?${new URLSearchParams({ query })}`);
  let sizeBytes = 0;
  let peakBytes = 0;
  for await (const chunk of response.body ?? []) {
    if (Math.floor(sizeBytes / 2 ** 24) !== Math.floor((sizeBytes + chunk.length) / 2 ** 24)) {
      peakBytes = Math.max(peakBytes, residentBytes());
    }
    sizeBytes += chunk.length;
  }
  expect(sizeBytes).toBe(438_888_890);
  expect(peakBytes - before).toBeLessThan(250 * 2 ** 20);
});

test('a client that goes away takes its query with it', async () => {
  for (const query of [endless, 'SELECT number FROM numbers(1000000000000)']) {
    const asking = get(`${warehouse.url}/?${new URLSearchParams({ query })}`);
    asking.on('error', () => undefined);
    await until(async () => (await running()) === 1);
    asking.destroy();
    await until(async () => (await running()) === 0, 2_000);
  }
});

test('asking for less time', async () => {
  const answer = await warehouse.post(endless, { max_execution_time: '1' });
  expect(answer).toMatchObject({ status: 408, text: expect.stringContaining('TIMEOUT_EXCEEDED') });
});

test('memory of one query is bounded', async () => {
  const query = 'SELECT groupArray(number) FROM numbers(1000000000)';
  const answer = await warehouse.post(query);
  expect(answer).toMatchObject({ status: 500, text: expect.stringContaining('MEMORY_LIMIT_EXCEEDED') });
  expect(await warehouse.sql('SELECT 1', { max_memory_usage: '0' })).toBe('1');
});

test('a result made in memory is bounded', async () => {
  const wide = Array.from({ length: 100 }, (_, n) => `number + ${n} AS c${n}`).join(', ');
  const answer = await warehouse.post(`EXPLAIN SELECT ${wide} FROM numbers(1)`, { max_result_bytes: '10' });
  expect(answer.text).toMatch(/TOO_MANY_ROWS_OR_BYTES/);
});

describe('when every query slot is taken', () => {
  const controller = new AbortController();
  let queries: Promise<unknown>[] = [];

  beforeAll(async () => {
    queries = Array.from({ length: 4 }, () =>
      fetch(warehouse.url, { method: 'POST', body: endless, signal: controller.signal }).catch(() => undefined),
    );
    // Asking takes a slot itself: they are all taken once a question has to wait.
    const probe = () => fetch(warehouse.url, { method: 'POST', body: 'SELECT 1', signal: AbortSignal.timeout(300) });
    await until(() =>
      probe().then(
        () => false,
        () => true,
      ),
    );
  }, 30_000);

  test('inserts go on', async () => {
    const answer = await warehouse.post('1\n', { query: 'INSERT INTO default.t FORMAT CSV' });
    expect(answer.status).toBe(200);
  });

  test('ping goes on', async () => {
    const answer = await fetch(`${warehouse.url}/ping`);
    expect(await answer.text()).toBe('Ok.\n');
  });

  test('more than may wait are refused at once with 503 and when to come back', async () => {
    const extra = new AbortController();
    const answers: Response[] = [];
    const requests = Array.from({ length: 80 }, () =>
      fetch(warehouse.url, { method: 'POST', body: 'SELECT 1', signal: extra.signal }).then(
        (answer) => answers.push(answer),
        () => undefined,
      ),
    );
    await until(async () => answers.some((answer) => answer.status === 503));
    const refused = answers.find((answer) => answer.status === 503);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(await refused?.text()).toMatch(/^Code: 202\..*TOO_MANY_SIMULTANEOUS_QUERIES/);
    extra.abort();
    await Promise.all(requests);
  });

  test('and all is well again when they are gone', async () => {
    controller.abort();
    await Promise.all(queries);
    expect(await warehouse.sql('SELECT 1')).toBe('1');
    await until(async () => (await running()) === 0);
  });
});
