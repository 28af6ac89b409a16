import type { ClickHouseClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { load, segmentOf } from '../warehouse-schema/support/segment.ts';
import {
  announce,
  digestOf,
  finish,
  kindsOf,
  loadSegment,
  type MadeBatch,
  makeBatch,
  runAudit,
} from './support/audited-warehouse.ts';

let warehouse: WarehouseProcess;
let client: ClickHouseClient;
let victim: MadeBatch;
let repairsMade = 0;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  client = warehouse.client({ request_timeout: 120_000 });
  await migrate(client);
  victim = makeBatch({ events: 6, dropped: 4 });
  await loadSegment(client, 'one', [
    victim,
    makeBatch({ product: 'viewer', user: 'u-2' }),
    makeBatch({ happenedDaysAgo: 9_000 }),
    makeBatch({ user: '' }),
  ]);
  await loadSegment(client, 'two', [
    makeBatch({ producerHex: victim.producerHex, firstSeq: 11, events: 3 }),
    makeBatch({ receivedDaysAgo: 5, user: 'u-3' }),
    makeBatch({ diagnostic: true }),
  ]);
});

afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

async function run(statement: string): Promise<void> {
  await client.command({
    query: statement.replaceAll('$victim', `toFixedString(unhex('${victim.producerHex}'), 16)`),
    clickhouse_settings: { mutations_sync: '2', insert_deduplicate: 0 },
  });
}

test('clean data balances', async () => {
  const { found, repairs } = await runAudit(client, { repair: true });
  expect(found.findings).toEqual([]);
  expect(repairs).toEqual([]);
  expect(found.notJudged).toEqual([]);
  expect(found.pending).toEqual([]);
  expect(found.received.map(({ ledgerEvents, events }) => ledgerEvents - events)).toEqual([0, 0, 0]);
  expect(found.received.reduce((sum, { events }) => sum + events, 0)).toBe(34);
  expect(found.received.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(4);
});

const copyOf = (table: string, columns: string, where: string) =>
  `INSERT INTO telemetry.${table} SELECT ${columns} FROM telemetry.${table} WHERE ${where}`;

test.each([
  [
    'an event twice',
    [copyOf('events', '*', 'producer_id = $victim AND seq = 3')],
    ['event_day', 'event_twice', 'feature_day'],
  ],
  [
    'an event four times',
    Array(2).fill(copyOf('events', '*', 'producer_id = $victim AND seq = 3')),
    ['event_day', 'event_twice', 'feature_day'],
  ],
  ['a row of event_day twice', [copyOf('event_day', '*', "product = 'viewer'")], ['event_day']],
  ['a row of event_day lost', ["ALTER TABLE telemetry.event_day DELETE WHERE product = 'viewer'"], ['event_day']],
  ['a row of feature_day twice', [copyOf('feature_day', '*', "product = 'viewer'")], ['feature_day']],
  ['a day of feature_day lost', ["ALTER TABLE telemetry.feature_day DELETE WHERE day < '2010-01-01'"], ['feature_day']],
  [
    'a wrong user in feature_day',
    [
      `INSERT INTO telemetry.feature_day SELECT product, feature, day, 0, 0, uniqExactState(toFixedString('nobody', 16)) FROM telemetry.feature_day
       WHERE product = 'viewer' GROUP BY product, feature, day`,
    ],
    ['feature_day'],
  ],
  ['a ledger row twice', [copyOf('batch_ledger', '*', 'producer_id = $victim AND first_seq = 11')], ['batch_twice']],
  ['a row of drops twice', [copyOf('dropped', '*', 'producer_id = $victim')], ['drop_twice']],
])('%s is found and repaired', async (_name, damage, kinds) => {
  const before = await digestOf(client);
  for (const statement of damage) await run(statement);
  expect(await digestOf(client)).not.toEqual(before);
  expect(kindsOf((await runAudit(client)).found)).toEqual(kinds);
  const { found, repairs, left } = await runAudit(client, { repair: true });
  expect(kindsOf(found)).toEqual(kinds);
  expect(repairs.length).toBeGreaterThan(0);
  expect(left.findings).toEqual([]);
  expect(await digestOf(client)).toEqual(before);
  const record = await client.query({
    query:
      "SELECT toUInt32(countIf(state = 'done')) AS done, toUInt32(countIf(state = 'begun')) AS begun FROM telemetry.repair WHERE done_by = 'test'",
    format: 'JSONEachRow',
  });
  repairsMade += repairs.length;
  expect(await record.json()).toEqual([{ done: repairsMade, begun: repairsMade }]);
});

test('a ledger row lost is found and written again', async () => {
  const lost = makeBatch({ events: 6, dropped: 4 });
  await loadSegment(client, 'ledger-lost', [lost]);
  const before = (await digestOf(client)) as Record<string, unknown>;
  await run(`ALTER TABLE telemetry.batch_ledger DELETE WHERE producer_id = unhex('${lost.producerHex}')`);
  const { found, left } = await runAudit(client, { repair: true });
  expect(found.findings).toMatchObject([{ kind: 'event_unknown', amount: 10, producerHex: lost.producerHex }]);
  expect(left.findings).toEqual([]);
  expect(await digestOf(client)).toEqual(before);
});

test('a row of drops lost is found and declared again', async () => {
  const before = await digestOf(client);
  await run('ALTER TABLE telemetry.dropped DELETE WHERE producer_id = $victim');
  const { found, left } = await runAudit(client, { repair: true });
  expect(found.findings).toMatchObject([{ kind: 'drop_missing', amount: 4, detail: expect.stringContaining('7-10') }]);
  expect(left.findings).toEqual([]);
  expect(await digestOf(client)).toEqual(before);
});

test('an event lost is named, and the rollups that still count it are left', async () => {
  const lost = 'producer_id = $victim AND seq = 3';
  await run(`CREATE TABLE telemetry.saved ENGINE = Memory AS SELECT * FROM telemetry.events WHERE ${lost}`);
  await run(`ALTER TABLE telemetry.events DELETE WHERE ${lost}`);
  const before = await digestOf(client);
  const { left, repairs } = await runAudit(client, { repair: true });
  expect(repairs).toEqual([]);
  expect(kindsOf(left)).toEqual(['event_day', 'event_missing', 'feature_day']);
  expect(left.findings.find(({ kind }) => kind === 'event_missing')).toMatchObject({
    amount: 1,
    repairable: false,
    producerHex: victim.producerHex,
    detail: 'numbers 3 of segment one of collector c1 are not stored; no quarantine is known to have them',
  });
  expect(await digestOf(client)).toEqual(before);
  await restoreSaved();
});

test('rollups are not counted down for raw rows that are missing on a day outside of the range', async () => {
  const lost = "time < '2010-01-01' AND seq = 1";
  await run(`CREATE TABLE telemetry.saved ENGINE = Memory AS SELECT * FROM telemetry.events WHERE ${lost}`);
  await run(`ALTER TABLE telemetry.events DELETE WHERE ${lost}`);
  const { found, left, repairs } = await runAudit(client, { repair: true, to: '2010-01-01' });
  expect(found.received).toEqual([]);
  expect(repairs).toEqual([]);
  expect(kindsOf(left)).toEqual(['event_day', 'feature_day']);
  await restoreSaved();
});

/** Puts back what a test has taken out of `events`. */
async function restoreSaved(): Promise<void> {
  await run('INSERT INTO telemetry.events SELECT * FROM telemetry.saved');
  await run('DROP TABLE telemetry.saved');
  expect((await runAudit(client)).found.findings).toEqual([]);
}

test('a batch that two collectors have loaded is counted once in the end', async () => {
  const before = await digestOf(client);
  await loadSegment(client, 'other', [{ ...victim }], 'c2');
  const { found, left } = await runAudit(client, { repair: true });
  expect(kindsOf(found)).toEqual(['batch_twice', 'drop_twice', 'event_twice']);
  expect(left.findings).toEqual([]);
  expect(await digestOf(client)).toEqual(before);
});

test('a segment that is announced and not loaded is named, is a difference when it is old, and balances once it is loaded', async () => {
  const late = [makeBatch({ receivedDaysAgo: 1, events: 7 })];
  const fresh = [makeBatch({ events: 8 })];
  await announce(client, 'late', late);
  await announce(client, 'fresh', fresh);
  const { found, left } = await runAudit(client, { repair: true });
  expect(found.pending).toMatchObject([
    { segmentId: 'late', collectorId: 'c1', batches: 1, events: 7 },
    { segmentId: 'fresh', collectorId: 'c1', batches: 1, events: 8 },
  ]);
  expect(left.findings).toMatchObject([{ kind: 'segment_pending', amount: 7, repairable: false }]);
  for (const [id, batches] of [
    ['late', late],
    ['fresh', fresh],
  ] as const) {
    await load(client, id, segmentOf(batches.map(({ bytes }) => bytes)));
    // As after a crash between the load and the note that it is done.
    expect(kindsOf((await runAudit(client)).found).filter((kind) => kind !== 'segment_pending')).toEqual([]);
    await finish(client, id, batches);
  }
  expect((await runAudit(client)).found).toMatchObject({ findings: [], pending: [] });
});

test('days whose raw rows may have expired are not judged, and say so', async () => {
  await loadSegment(client, 'old', [
    makeBatch({ receivedDaysAgo: 40 }),
    makeBatch({ receivedDaysAgo: 40, product: 'viewer' }),
  ]);
  const { found } = await runAudit(client);
  expect(found.findings).toEqual([]);
  const received = found.notJudged.filter(({ what }) => what === 'received');
  expect(received).toMatchObject([{ product: 'editor', why: expect.stringContaining('diagnostic') }]);
});
