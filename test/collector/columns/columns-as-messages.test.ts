import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import type { DropReason, SessionEndReason, Tier, UseOutcome } from '@telemetry/gen';
import { type LoadForm, loadStatement, migrate } from '@telemetry/warehouse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ColumnEncoder } from '../../../collector/src/columns/column-encoder.ts';
import { RECORD_CONTENT_SIZE_BYTES_MAX } from '../../../collector/src/limits.ts';
import { WarehouseProcess } from '../../warehouse/support/warehouse-process.ts';
import { rows } from '../../warehouse-schema/support/rows.ts';
import { batch, event, NOW_US, serialize } from '../support/batches.ts';
import { type Random, seeds, withSeed } from '../support/random.ts';
import { contentOf, randomContent, recordOf } from '../support/records.ts';
import { takeBlock } from '../support/take-block.ts';

const tables = ['events', 'dropped', 'event_day', 'feature_day'];
const received = Date.now() * 1000;
let warehouse: WarehouseProcess;
let client: ClickHouseClient;
let tokens = 0;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  client = warehouse.client();
  await migrate(client);
});

afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

function columnsOf(records: readonly Buffer[]): Buffer[] {
  const encoder = new ColumnEncoder(RECORD_CONTENT_SIZE_BYTES_MAX);
  const blocks: Buffer[] = [];
  for (const record of records) {
    encoder.add(record);
    if (encoder.isFull) blocks.push(takeBlock(encoder));
  }
  if (!encoder.isEmpty) blocks.push(takeBlock(encoder));
  return blocks;
}

async function load(form: LoadForm, body: readonly Buffer[], token: string, change = (query: string) => query) {
  const { stream } = await client.exec({
    query: change(loadStatement({ token, form })),
    values: Readable.from(body, { objectMode: false }),
    ...(form === 'messages' ? { http_headers: { 'Content-Encoding': 'gzip' } } : {}),
  });
  for await (const _ of stream);
}

/** Everything that the tables have, with nothing left out and rollups added up. */
async function contents() {
  const queries = [
    'SELECT * FROM telemetry.events ORDER BY ALL',
    'SELECT * FROM telemetry.dropped ORDER BY ALL',
    `SELECT product, name, day, audience_code, tier_code, product_version, sum(events) AS events
      FROM telemetry.event_day GROUP BY ALL ORDER BY ALL`,
    `SELECT product, feature, day, sum(events) AS events, sum(uses) AS uses, uniqExactMerge(users) AS users
      FROM telemetry.feature_day GROUP BY ALL ORDER BY ALL`,
  ];
  return Promise.all(queries.map((query) => rows(client, query)));
}

async function empty(): Promise<void> {
  for (const table of tables) await client.command({ query: `TRUNCATE TABLE telemetry.${table}` });
}

async function expectSame(records: readonly Buffer[]): Promise<void> {
  await empty();
  await load('messages', records, `messages-${++tokens}`);
  const asMessages = await contents();
  await empty();
  await load('columns', columnsOf(records), `columns-${++tokens}`);
  expect(await contents()).toEqual(asMessages);
}

function record(bytes: Uint8Array): Buffer {
  return recordOf({ ...contentOf(batch(), new Set([1]), false, received), bytes, plainSizeBytes: bytes.length });
}

/** Words whose hash, by `assembly/word-number.ts`, ends with the same eight bits. They are too long for the slots of short ones. */
function collidingWords(count: number): string[] {
  const words: string[] = [];
  for (let number = 0; words.length < count; number++) {
    const word = `a.name.that.is.long.${number}`;
    if ((hashOf(Buffer.from(word)) & 0xffn) === 7n) words.push(word);
  }
  return words;
}

function hashOf(word: Buffer): bigint {
  const multiplier = 0x9e37_79b9_7f4a_7c15n;
  let hash = BigInt.asUintN(64, BigInt(word.length + 1) * multiplier);
  for (let at = 0; at < word.length; at += 8) {
    const bits = hash ^ Buffer.concat([word.subarray(at, at + 8)], 8).readBigUInt64LE();
    const product = BigInt.asUintN(64, (bits ^ (bits >> 32n)) * multiplier);
    hash = product ^ (product >> 29n);
  }
  return hash;
}

/** Words in the dictionary of a column of texts, one array of which each batch has: behind its name, type, version, offsets and flags. */
function wordCountOf(block: Buffer, column: string, batches: number): number {
  const start = Buffer.from(`${column}\x1dArray(LowCardinality(String))`);
  const at = block.indexOf(start);
  expect(at).toBeGreaterThan(0);
  return Number(block.readBigUInt64LE(at + start.length + 8 + batches * 8 + 8));
}

describe.each(seeds())('with seed %i', (seed) => {
  test('the warehouse has of columns what it has of the messages', { timeout: 120_000 }, async () => {
    await withSeed(seed, async (random: Random) => {
      for (let round = 0; round < 4; round++) {
        const count = random.pick([1, 7, 200]);
        await expectSame(Array.from({ length: count }, () => recordOf(randomContent(random, 40).content)));
      }
    });
  });
});

describe('the warehouse has the same of', () => {
  test('many events, which make several blocks, and more words than a byte counts', {
    timeout: 120_000,
  }, async () => {
    const records = Array.from({ length: 90 }, (_, index) => {
      const events = Array.from({ length: 1_000 }, (_, at) =>
        event(at + 1, {
          name: `event.${(index * 1_000 + at) % 70_000}`,
          timeUnixUs: BigInt(NOW_US + at * 1_000_000_000),
          data: { case: 'featureUse', value: { feature: `feature.${at % 300}`, count: at % 3 } },
        }),
      );
      const core = { product: { name: `p${index % 5}` }, user: { id: `u${index}` } };
      return record(serialize(batch({ core, events })));
    });
    expect(columnsOf(records).length).toBeGreaterThan(1);
    await expectSame(records);
  });

  test('more words than two bytes count, in one block', { timeout: 120_000 }, async () => {
    const records = Array.from({ length: 100 }, (_, index) => {
      const nameOf = (at: number) => ((index * 1_000 + at) % 70_000).toString(36);
      const events = Array.from({ length: 1_000 }, (_, at) => event(at + 1, { name: nameOf(at), timeUnixUs: 0n }));
      return record(serialize(batch({ events })));
    });
    expect(columnsOf(records).length).toBe(1);
    await expectSame(records);
  });

  test('words that were made to share a slot, of which a block has some twice', async () => {
    const names = collidingWords(60);
    const records = Array.from({ length: 3 }, () =>
      record(serialize(batch({ events: names.map((name, at) => event(at + 1, { name })) }))),
    );
    // With the empty one. Otherwise they do not share a slot any more, and the hash has changed.
    expect(wordCountOf(columnsOf(records)[0] as Buffer, 'events.name', records.length)).toBeGreaterThan(61);
    await expectSame(records);
  });

  test('values at the edges of their types, enums that nobody knows, and times before and after all time', async () => {
    const edges = [0n, 1n, 255n, 256n, 65_535n, 65_536n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n];
    const times = [-(2n ** 63n), -1n, 0n, 86_399_999_999n, 86_400_000_000n, 2n ** 53n, 2n ** 63n - 1n];
    const events = edges.map((value, index) =>
      event(index + 1, {
        timeUnixUs: times[index % times.length] as bigint,
        tier: [0, 1, 77, 2 ** 31 - 1][index % 4] as Tier,
        data: { case: 'sessionEnd', value: { durationUs: value, activeUs: value, reason: index as SessionEndReason } },
      }),
    );
    const uses = edges.map((value, index) =>
      event(index + 1, {
        timeUnixUs: times[index % times.length] as bigint,
        data: {
          case: 'featureUse',
          value: { feature: 'f', durationUs: value, count: Number(value % 2n ** 32n), outcome: index as UseOutcome },
        },
      }),
    );
    await expectSame([record(serialize(batch({ events }))), record(serialize(batch({ events: uses })))]);
  });

  test('batches without events, without a core, and payloads that are there and empty', async () => {
    const payloads = (['fault', 'performance', 'sessionStart', 'sessionEnd', 'projectActivity'] as const).map(
      (name, index) => event(index + 1, { data: { case: name, value: {} } as never }),
    );
    await expectSame([
      record(serialize(batch({ events: [] }))),
      record(Buffer.alloc(0)),
      record(serialize(batch({ events: payloads }))),
      record(serialize(batch({ events: [], dropped: [{ firstSeq: 3n, lastSeq: 9n, reason: 99 as DropReason }] }))),
    ]);
  });

  test('numbers of 32 bits that came with more, and fields that nobody knows', async () => {
    // `tier` (4) as a varint of ten bytes, and field 31 in each wire type.
    const tier = Buffer.from('20ffffffff8f80808001', 'hex');
    const unknown = Buffer.from('f80105f9010102030405060708fa0103616263fd0101020304', 'hex');
    const head = Buffer.from(serialize(batch({ events: [] })));
    const content = Buffer.concat([Buffer.from('0801', 'hex'), tier, unknown, Buffer.from('1a016e', 'hex')]);
    const bytes = Buffer.concat([head, Buffer.from([0x1a, content.length]), content, unknown]);
    await expectSame([record(bytes)]);
  });
});

test('a load that goes again after some of its blocks were stored stores each batch once', async () => {
  await empty();
  const records = Array.from({ length: 60 }, () =>
    record(serialize(batch({ events: Array.from({ length: 1_000 }, (_, at) => event(at + 1)) }))),
  );
  const blocks = columnsOf(records);
  // Cut where a block has a hundred thousand bytes, not 256 MB: several blocks of the engine's.
  const small = (query: string) =>
    query
      .replace(/min_insert_block_size_rows = \d+/, 'min_insert_block_size_rows = 10')
      .replace(/min_insert_block_size_bytes = \d+/, 'min_insert_block_size_bytes = 100000');
  const token = `again-${++tokens}`;
  await load('columns', blocks.slice(0, 1), token, small);
  expect(await rows(client, 'SELECT toUInt32(count()) AS events FROM telemetry.events')).not.toEqual([{ events: 0 }]);
  for (const _ of [1, 2]) await load('columns', blocks, token, small);
  const [row] = await rows(
    client,
    `SELECT toUInt32(count()) AS events, (SELECT toUInt32(sum(events)) FROM telemetry.event_day) AS counted FROM telemetry.events`,
  );
  expect(row).toEqual({ events: 60_000, counted: 60_000 });
});
