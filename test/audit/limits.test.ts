import type { ClickHouseClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AuditSession } from '../../warehouse/src/audit/audit-session.ts';
import { findSuspects } from '../../warehouse/src/audit/find-suspects.ts';
import { readRunningLoads } from '../../warehouse/src/audit/read-pending.ts';
import { repairInPasses } from '../../warehouse/src/audit/repair-passes.ts';
import { dayAfter, WholeDays } from '../../warehouse/src/audit/whole-days.ts';
import {
  AUDIT_BUCKET_ROWS,
  AUDIT_CLOCK_AHEAD_DAYS,
  AUDIT_FINDINGS_TOLD_MAX,
  AUDIT_PENDING_DAYS,
  AUDIT_QUERY_MEMORY_BYTES_MAX,
  AUDIT_QUERY_SPILL_BYTES,
  AUDIT_SUSPECTS_MAX,
  REPAIR_PASSES_MAX,
} from '../../warehouse/src/limits.ts';
import { retentionDays } from '../../warehouse/src/migrations/v0001/retention.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { announce, makeBatch, runAudit } from './support/audited-warehouse.ts';

const { signal } = new AbortController();
const today = new Date().toISOString().slice(0, 10);
let warehouse: WarehouseProcess;
let client: ClickHouseClient;
let session: AuditSession;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start({ memoryLimitBytes: 4 * AUDIT_QUERY_MEMORY_BYTES_MAX });
  client = warehouse.client({ request_timeout: 120_000 });
  await migrate(client);
  session = new AuditSession(client, signal);
});

afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

/** Raw events of so many producers that no ledger has announced: each is a difference. */
async function addStrangers(product: string, producers: number, from = 0): Promise<void> {
  await client.command({
    query: `INSERT INTO telemetry.events (product, name, time, producer_id, seq, received_time)
      SELECT {product:String}, 'page.viewed', now64(6), toFixedString(unhex(lpad(hex(number + 1), 32, '0')), 16), 1, now64(6)
      FROM numbers({from:UInt32}, {producers:UInt32})`,
    query_params: { product, producers, from },
  });
}

test('of so many suspects are looked at, and it is known when there are more', async () => {
  await addStrangers('suspects', AUDIT_SUSPECTS_MAX - 1);
  const look = () => findSuspects(session, today, 'suspects', AUDIT_SUSPECTS_MAX);
  expect((await look()).suspects).toHaveLength(AUDIT_SUSPECTS_MAX - 1);
  await addStrangers('suspects', 1, AUDIT_SUSPECTS_MAX - 1);
  const at = await look();
  expect(at.suspects).toHaveLength(AUDIT_SUSPECTS_MAX);
  expect(at.isCut).toBe(false);
  await addStrangers('suspects', 1, AUDIT_SUSPECTS_MAX);
  const above = await look();
  expect(above.suspects).toHaveLength(AUDIT_SUSPECTS_MAX);
  expect(above.isCut).toBe(true);
});

test.each([
  [AUDIT_BUCKET_ROWS - 1, 1],
  [AUDIT_BUCKET_ROWS, 1],
  [AUDIT_BUCKET_ROWS + 1, 2],
])('%i rows are grouped in %i goes, which find the same', async (rows, goes) => {
  const asked: string[] = [];
  const listening = new Proxy(client, {
    get: (target, name: keyof ClickHouseClient) => {
      if (name !== 'query') return target[name];
      return (parameters: Parameters<ClickHouseClient['query']>[0]) => {
        if (parameters.query_params?.['buckets'] !== undefined) asked.push(String(parameters.query_params['bucket']));
        return target.query(parameters);
      };
    },
  });
  const product = `buckets-${rows}`;
  await addStrangers(product, 50);
  const { suspects } = await findSuspects(new AuditSession(listening, signal), today, product, rows);
  expect(suspects).toHaveLength(50);
  expect(asked).toStrictEqual(Array.from({ length: goes }, (_, bucket) => String(bucket)));
});

test('so many differences are told one by one, and those beyond are counted', { timeout: 120_000 }, async () => {
  await addStrangers('differences', 1);
  // One of the raw event, and those of the rollups, which no raw event of this test has fed.
  const { findings: first } = (await runAudit(client, { product: 'differences' })).found;
  const others = first.length - 1;
  await addStrangers('differences', AUDIT_FINDINGS_TOLD_MAX - 2 - others, 1);
  const told = async () => {
    const { findings, findingsUntold } = (await runAudit(client, { product: 'differences' })).found;
    return [findings.length, findingsUntold];
  };
  expect(await told()).toStrictEqual([AUDIT_FINDINGS_TOLD_MAX - 1, 0]);
  await addStrangers('differences', 1, AUDIT_FINDINGS_TOLD_MAX);
  expect(await told()).toStrictEqual([AUDIT_FINDINGS_TOLD_MAX, 0]);
  await addStrangers('differences', 1, AUDIT_FINDINGS_TOLD_MAX + 1);
  expect(await told()).toStrictEqual([AUDIT_FINDINGS_TOLD_MAX, 1]);
});

test('a load of batches received so many days ago is looked for among those that run, an older one is not', async () => {
  for (const receivedDaysAgo of [AUDIT_PENDING_DAYS - 1, AUDIT_PENDING_DAYS, AUDIT_PENDING_DAYS + 1]) {
    await announce(client, `days-${receivedDaysAgo}`, [makeBatch({ receivedDaysAgo })]);
  }
  const running = (await readRunningLoads(session)).map(({ segmentId }) => segmentId).sort();
  expect(running).toStrictEqual([`days-${AUDIT_PENDING_DAYS - 1}`, `days-${AUDIT_PENDING_DAYS}`]);
});

test.each([
  [AUDIT_CLOCK_AHEAD_DAYS - 1, false],
  [AUDIT_CLOCK_AHEAD_DAYS, true],
  [AUDIT_CLOCK_AHEAD_DAYS + 1, true],
])('a day that lies %i days after the first that is kept is whole: %s', (days, isWhole) => {
  const history = new Map([['editor', { firstDay: '2020-01-01', hasDiagnostics: false }]]);
  const whole = new WholeDays('2026-06-01', history);
  const firstKept = dayAfter('2026-06-01', 1 - retentionDays.standard);
  expect(whole.whyNotHappened(dayAfter(firstKept, days), 'editor', 1) === undefined).toBe(isWhole);
});

test.each([
  [REPAIR_PASSES_MAX - 1, REPAIR_PASSES_MAX],
  [REPAIR_PASSES_MAX, REPAIR_PASSES_MAX],
  [REPAIR_PASSES_MAX + 1, REPAIR_PASSES_MAX],
])('with %i passes that change something a repair ends after %i', async (changing, ends) => {
  let passes = 0;
  await repairInPasses(() => Promise.resolve(++passes <= changing ? 1 : 0));
  expect(passes).toBe(ends);
});

/** Memory that the engine takes for the bytes in a query of one large value, with the doubling of its buffers. */
const held = (bytes: number) => `SELECT length(groupArray(number)) AS length FROM numbers(${Math.floor(bytes / 8)})`;

test('a question within the memory of an audit is answered, one beyond it is refused and says so', async () => {
  // A buffer grows by doubling, and both are there for a moment.
  const half = AUDIT_QUERY_MEMORY_BYTES_MAX / 4;
  expect(await session.ask(held(half))).toStrictEqual([{ length: String(half / 8) }]);
  await expect(session.ask(held(2 * AUDIT_QUERY_MEMORY_BYTES_MAX))).rejects.toThrow(/memory limit exceeded/i);
});

test('groups that do not fit into the memory are grouped on disk', { timeout: 120_000 }, async () => {
  // Forty bytes a group and more: several times what may be held before it is written out, and more than the memory.
  const groups = Math.ceil((6 * AUDIT_QUERY_SPILL_BYTES) / 40);
  const query = `SELECT count() AS groups FROM (SELECT number AS n, count() AS c FROM numbers(${groups}) GROUP BY n)`;
  expect(await session.ask(query)).toStrictEqual([{ groups: String(groups) }]);
  const inMemory = `${query} SETTINGS max_bytes_before_external_group_by = 0, max_bytes_ratio_before_external_group_by = 0`;
  await expect(session.ask(inMemory)).rejects.toThrow(/memory limit exceeded/i);
});
