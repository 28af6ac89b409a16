import { Tier } from '@telemetry/gen';
import { expect, test } from 'vitest';
import { migratedEngine } from './support/migrated-engine.ts';
import { rows } from './support/rows.ts';
import { type BatchInit, batchBytes, load, receivedTimeUnixUs, segmentOf } from './support/segment.ts';

const client = await migratedEngine();

const time = BigInt(Date.UTC(1999, 8, 28, 12)) * 1000n;
const producerId = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const producer = `producer_id = unhex('${producerId.toString('hex')}')`;

const full: BatchInit = {
  producerId,
  contentDigest: 0xfedcba9876543210n,
  core: {
    user: { id: 'ann', hashKeyId: 'k1' },
    machine: { id: 'm1', architecture: 'arm64', logicalProcessors: 12, memoryBytes: 1n << 35n, locale: 'de-CH' },
    operatingSystem: { name: 'macos', version: '15.2' },
    product: { name: 'editor', version: '4.12.0', releaseChannel: 'beta' },
    session: { id: 's1', startTimeUnixUs: time - 1n },
    audience: 2,
  },
  events: [
    { seq: 1n, timeUnixUs: time, name: 'bare' },
    {
      seq: 3n,
      timeUnixUs: time + 1n,
      name: 'used',
      tier: 3,
      data: { case: 'featureUse', value: { feature: 'search', outcome: 3, durationUs: 7n, count: 4 } },
      properties: { colour: 'blue', '': '' },
      measurements: { width: 1.5, broken: Number.NaN },
    },
    {
      seq: 4n,
      timeUnixUs: time,
      name: 'fault',
      data: {
        case: 'fault',
        value: { type: 'T', message: 'M', stack: 'S', fingerprint: 'P', severity: 3, feature: 'F' },
      },
    },
    {
      seq: 5n,
      timeUnixUs: time,
      name: 'slow',
      data: { case: 'performance', value: { metric: 'open', value: 2.5, unit: 'ms' } },
    },
    // Nothing in it but that it is there.
    { seq: 6n, timeUnixUs: time, name: 'start', data: { case: 'sessionStart', value: {} } },
    {
      seq: 7n,
      timeUnixUs: time,
      name: 'start',
      data: { case: 'sessionStart', value: { firstRun: true, trigger: 'user' } },
    },
    {
      seq: 8n,
      timeUnixUs: time,
      name: 'end',
      data: { case: 'sessionEnd', value: { durationUs: 9n, activeUs: 8n, reason: 2 } },
    },
    {
      seq: 9n,
      timeUnixUs: time,
      name: 'project',
      data: { case: 'projectActivity', value: { projectId: 'p1', action: 4, projectType: 'ts', itemCount: 6n } },
    },
  ],
  dropped: [
    { firstSeq: 2n, lastSeq: 2n, reason: 1, blacklistVersion: 17n },
    { firstSeq: 10n, lastSeq: 90n, reason: 4 },
  ],
};

test('every part of the common schema arrives', async () => {
  await load(client, 'full', segmentOf([batchBytes(full)]));
  const events = await rows(client, `SELECT *, ${aliases} FROM telemetry.events WHERE ${producer} ORDER BY seq`);
  const [bare] = events;
  if (bare === undefined) throw new Error('no event arrived');
  expect(bare).toMatchObject({
    product: 'editor',
    name: 'bare',
    time: '1999-09-28 12:00:00.000000',
    user_id: 'ann',
    user_hash_key: 'k1',
    machine_id: 'm1',
    machine_architecture: 'arm64',
    machine_logical_processors: 12,
    machine_memory_bytes: 2 ** 35,
    machine_locale: 'de-CH',
    os_name: 'macos',
    os_version: '15.2',
    product_version: '4.12.0',
    release_channel: 'beta',
    session_id: 's1',
    session_start_time: '1999-09-28 11:59:59.999999',
    audience: 'external',
    tier: 'unspecified',
    kind: 'none',
    seq: 1,
    collector_id: 'c1',
    retention: 'standard',
  });
  expect(Date.parse(`${String(bare.received_time).replace(' ', 'T')}Z`)).toBe(Number(receivedTimeUnixUs / 1000n));
  const payloads = events.map((event) => Object.entries(event).filter(([key, value]) => value !== bare[key]));
  expect(payloads.map((changed) => Object.fromEntries(changed))).toMatchObject([
    {},
    {
      seq: 3,
      time: '1999-09-28 12:00:00.000001',
      tier: 'long',
      retention: 'long',
      kind: 'feature_use',
      feature: 'search',
      use_outcome: 'cancelled',
      use_duration_us: 7,
      use_count: 4,
      properties: { colour: 'blue', '': '' },
      measurements: { width: 1.5, broken: null },
    },
    {
      kind: 'fault',
      fault_type: 'T',
      fault_message: 'M',
      fault_stack: 'S',
      fault_fingerprint: 'P',
      fault_severity: 'crash',
      fault_feature: 'F',
    },
    { kind: 'performance', metric: 'open', metric_value: 2.5, metric_unit: 'ms' },
    { kind: 'session_start' },
    { kind: 'session_start', session_first_run: true, session_trigger: 'user' },
    { kind: 'session_end', session_duration_us: 9, session_active_us: 8, session_end_reason: 'crashed' },
    { kind: 'project_activity', project_id: 'p1', project_action: 'built', project_type: 'ts', project_item_count: 6 },
  ]);
});

const aliases = 'audience, tier, use_outcome, fault_severity, session_end_reason, project_action';

test('declared drops arrive', async () => {
  const drops = `SELECT first_seq, last_seq, reason, blacklist_version, product, collector_id FROM telemetry.dropped
    WHERE ${producer} ORDER BY first_seq`;
  expect(await rows(client, drops)).toEqual([
    { first_seq: 2, last_seq: 2, reason: 'blacklisted', blacklist_version: 17, product: 'editor', collector_id: 'c1' },
    { first_seq: 10, last_seq: 90, reason: 'opted_out', blacklist_version: 0, product: 'editor', collector_id: 'c1' },
  ]);
});

test('events are counted by name and day', async () => {
  const query = `SELECT name, toString(day) AS day, sum(events) AS events FROM telemetry.event_day
    WHERE product = 'editor' AND audience_code = 2 GROUP BY name, day ORDER BY name`;
  expect(await rows(client, query)).toEqual(
    [
      ['bare', 1],
      ['end', 1],
      ['fault', 1],
      ['project', 1],
      ['slow', 1],
      ['start', 2],
      ['used', 1],
    ].map(([name, events]) => ({ name, day: '1999-09-28', events })),
  );
});

test('the same token again changes nothing, another token does', async () => {
  const totals =
    'SELECT (SELECT count() FROM telemetry.events) AS events, (SELECT sum(uses) FROM telemetry.feature_day) AS uses';
  await load(client, 'full', segmentOf([batchBytes(full)]));
  expect(await rows(client, totals)).toEqual([{ events: 8, uses: 4 }]);
  await load(client, 'full-2', segmentOf([batchBytes(full)]));
  expect(await rows(client, totals)).toEqual([{ events: 16, uses: 8 }]);
});

const tiers = [Tier.STANDARD, Tier.DIAGNOSTIC, Tier.LONG];

test('one load of fifty years, every tier and every month of them, is taken, and none of it expires', async () => {
  const events = Array.from({ length: 3 * 601 }, (_, index) => ({
    seq: BigInt(index + 1),
    timeUnixUs: BigInt(Date.UTC(new Date().getUTCFullYear() - 50, Math.floor(index / 3), 15)) * 1000n,
    name: 'old',
    tier: tiers[index % tiers.length] ?? Tier.STANDARD,
    data: { case: 'featureUse' as const, value: { feature: 'old' } },
  }));
  const batch = batchBytes({ producerId: Buffer.alloc(16, 9), core: { product: { name: 'history' } }, events });
  await load(client, 'history', segmentOf([batch]));
  await client.command({ query: 'OPTIMIZE TABLE telemetry.events FINAL' });
  const query = `SELECT count() AS events, uniqExact(toYYYYMM(time)) AS months,
    (SELECT sum(events) FROM telemetry.event_day WHERE name = 'old') AS counted,
    (SELECT sum(events) FROM telemetry.feature_day WHERE feature = 'old') AS used FROM telemetry.events WHERE name = 'old'`;
  expect(await rows(client, query)).toEqual([{ events: 1803, months: 601, counted: 1803, used: 1803 }]);
});

test('rows expire by their class and when they were received, whatever the time of the event', async () => {
  const dayUs = 86_400_000_000n;
  const batches = [1n, 100n, 500n].map((days, index) =>
    batchBytes({
      producerId: Buffer.alloc(16, 20 + index),
      core: { product: { name: 'expiry' } },
      receivedTimeUnixUs: receivedTimeUnixUs - days * dayUs,
      events: tiers.map((tier, at) => ({ seq: BigInt(at + 1), timeUnixUs: time, name: `after-${days}`, tier })),
    }),
  );
  await load(client, 'expiry', segmentOf(batches));
  await client.command({ query: 'OPTIMIZE TABLE telemetry.events FINAL' });
  const query = `SELECT name, arraySort(groupArray(toString(retention))) AS kept FROM telemetry.events WHERE product = 'expiry'
    GROUP BY name ORDER BY name`;
  expect(await rows(client, query)).toEqual([
    { name: 'after-1', kept: ['diagnostic', 'long', 'standard'] },
    { name: 'after-100', kept: ['long', 'standard'] },
    { name: 'after-500', kept: ['long'] },
  ]);
});
