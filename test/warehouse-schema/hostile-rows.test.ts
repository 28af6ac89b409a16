import { expect, test } from 'vitest';
import { migratedEngine } from './support/migrated-engine.ts';
import { rows } from './support/rows.ts';
import { load, receivedTimeUnixUs, segmentOf } from './support/segment.ts';
import { bytes, double, fixed64, number } from './support/wire.ts';

const client = await migratedEngine();

const time = 1_000_000_000_000_000n;
const int64Max = 2n ** 63n - 1n;
const uint64Max = 2n ** 64n - 1n;
const core = bytes(2, bytes(4, bytes(1, 'product')));
const use = bytes(10, bytes(1, 'feature'));

function event(...fields: Buffer[]): Buffer {
  return bytes(3, number(1, 1n), number(2, time), bytes(3, 'name'), ...fields);
}

function batch(...fields: Buffer[]): Buffer {
  return Buffer.concat([
    number(100, receivedTimeUnixUs),
    bytes(101, 'c1'),
    bytes(1, Buffer.alloc(16, 1)),
    core,
    ...fields,
  ]);
}

// What well-formed protobuf allows; whether the collector lets it through or not, it must not stop a load.
const cases: Record<string, { message: Buffer; sees?: Record<string, unknown> }> = {
  'nothing at all': { message: Buffer.alloc(0), sees: { events: 2 } },
  'an empty event': { message: batch(bytes(3)) },
  'an empty payload': { message: batch(event(bytes(13))), sees: { kind: 'session_start' } },
  'an empty payload that must not be empty': { message: batch(event(bytes(10))), sees: { kind: 'none' } },
  'a payload in two parts': {
    message: batch(event(use, bytes(10, number(4, 7n), bytes(1, 'last')))),
    sees: { kind: 'feature_use', count: 7, feature: 'last' },
  },
  'a short producer id': { message: Buffer.concat([bytes(1, 'abc'), core, event()]) },
  'a long producer id': { message: Buffer.concat([bytes(1, Buffer.alloc(40, 7)), core, event()]) },
  'no receive time': { message: Buffer.concat([bytes(1, Buffer.alloc(16, 2)), core, event()]) },
  'the earliest time': { message: batch(bytes(3, number(1, 1n), number(2, -int64Max - 1n))), sees: { year: 1970 } },
  'the latest time': { message: batch(bytes(3, number(1, 1n), number(2, int64Max))), sees: { year: 2149 } },
  'the earliest receive time': { message: batch(number(100, -int64Max), event()) },
  'the latest receive time': { message: batch(number(100, int64Max), event()) },
  'a session that began before all': {
    message: batch(bytes(2, bytes(5, number(2, -int64Max)), bytes(4, bytes(1, 'p'))), event()),
  },
  'enum values of the future': {
    message: batch(event(number(4, 99n), bytes(10, bytes(1, 'f'), number(2, 77n)))),
    sees: { tier: '99', outcome: '77', kind: 'feature_use' },
  },
  'a negative enum value': { message: batch(event(number(4, -1n))), sees: { tier: '-1' } },
  'an enum value beyond 32 bits': { message: batch(event(number(4, 2n ** 40n + 3n))), sees: { tier: 'long' } },
  'a count beyond 32 bits': {
    message: batch(event(bytes(10, bytes(1, 'f'), number(4, 2n ** 40n + 5n)))),
    sees: { count: 5 },
  },
  'the largest count': {
    message: batch(event(bytes(10, bytes(1, 'f'), number(4, uint64Max)))),
    sees: { count: 4294967295 },
  },
  'a boolean of 2': { message: batch(event(bytes(13, number(1, 2n)))), sees: { first_run: true } },
  'a boolean of -1': { message: batch(event(bytes(13, number(1, -1n)))), sees: { first_run: true } },
  'the largest numbers': {
    message: batch(bytes(3, number(1, uint64Max)), bytes(4, number(1, uint64Max), number(2, uint64Max))),
  },
  'not a number, and infinities': {
    message: batch(
      event(
        bytes(12, bytes(1, 'm'), fixed64(2, double(Number.NaN))),
        bytes(21, bytes(1, 'k'), fixed64(2, double(-1 / 0))),
      ),
    ),
    sees: { kind: 'performance' },
  },
  'text that is not UTF-8': {
    message: batch(
      event(
        bytes(10, bytes(1, Buffer.from([0xff, 0, 0x80]))),
        bytes(20, bytes(1, Buffer.from([0xc3])), bytes(2, Buffer.from([0xfe]))),
      ),
    ),
  },
  'the same property twice, and none': {
    message: batch(event(bytes(20, bytes(1, 'k')), bytes(20, bytes(1, 'k')), bytes(20))),
  },
  'as many and as long properties as allowed': {
    message: batch(
      event(...Array.from({ length: 128 }, (_, index) => bytes(20, bytes(1, `${index}`), bytes(2, 'x'.repeat(8192))))),
    ),
  },
  'fields of a newer version': {
    message: batch(
      number(50, 1n),
      bytes(51, 'x'),
      event(number(60, uint64Max), fixed64(61, double(1)), bytes(16, bytes(1, 'new')), use),
    ),
    sees: { kind: 'feature_use' },
  },
  'fields twice, the last one wins': {
    message: batch(event(bytes(3, 'first'), bytes(3, 'last'))),
    sees: { name: 'last' },
  },
  'two payloads': { message: batch(event(use, bytes(11, bytes(1, 'T')))) },
  'a drop for a reason of the future': {
    message: batch(bytes(4, number(1, 5n), number(2, 6n), number(3, 99n))),
    sees: { events: 2 },
  },
};

test.each(Object.entries(cases))('%s', async (name, { message, sees = {} }) => {
  for (const table of ['events', 'dropped', 'event_day', 'feature_day']) {
    await client.command({ query: `TRUNCATE TABLE telemetry.${table} SYNC` });
  }
  const neighbour = batch(bytes(3, number(1, 1000n), number(2, time), bytes(3, 'neighbour'), use));
  await load(client, name.replaceAll(/[^a-z0-9]/g, '-'), segmentOf([neighbour, message, neighbour]));
  const query = `SELECT count() AS events, countIf(seq = 1000) AS neighbours, anyIf(name, seq != 1000) AS name,
    anyIf(toString(tier), seq != 1000) AS tier, anyIf(use_outcome, seq != 1000) AS outcome, anyIf(use_count, seq != 1000) AS count,
    anyIf(feature, seq != 1000) AS feature,
    anyIf(toString(kind), seq != 1000) AS kind, anyIf(toYear(time), seq != 1000) AS year, max(session_first_run) AS first_run,
    (SELECT sum(events) FROM telemetry.event_day) AS counted
    FROM telemetry.events`;
  const [row] = await rows(client, query);
  const events = sees.events ?? 3;
  expect(row).toMatchObject({ events, neighbours: 2, counted: events, ...sees });
});
