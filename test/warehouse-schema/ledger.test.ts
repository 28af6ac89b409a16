import { randomBytes } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  announceSegment,
  isSegmentAnnounced,
  type LedgerRow,
  LedgerRowEncoder,
  ledgerDigests,
  migrate,
  recordSegmentLoad,
} from '../../warehouse/src/index.ts';
import { EngineProcess } from './support/engine-process.ts';
import { rows } from './support/rows.ts';
import { TempDir } from './support/temp-dir.ts';

const directory = new TempDir();
const engine = await EngineProcess.start(directory.path);
const client: ClickHouseClient = engine.client;
const { signal } = new AbortController();

beforeAll(() => migrate(client));

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

const row = (over: Partial<LedgerRow> = {}): LedgerRow => ({
  producerId: randomBytes(16),
  ranges: [1, 5],
  eventCount: 5,
  contentDigest: randomBytes(8),
  receivedTimeUs: 1_760_000_000_000_000,
  product: Buffer.from('editor'),
  ...over,
});

async function announce(segmentId: string, all: readonly LedgerRow[], collectorId = 'feedfeedfeedfeed'): Promise<void> {
  const encoder = new LedgerRowEncoder(collectorId, segmentId);
  for (const one of all) encoder.add(one);
  await announceSegment(client, { segmentId, rows: encoder.bytes, timeoutMs: 30_000, signal });
}

const readBack = (segmentId: string) =>
  rows(
    client,
    `SELECT lower(hex(producer_id)) AS producer, toString(first_seq) AS first, toString(last_seq) AS last, event_count,
      toString(dropped_count) AS dropped, arrayMap(run -> (toString(run.1), toString(run.2)), ranges) AS runs,
      toString(content_digest) AS digest, toString(toUnixTimestamp64Micro(received_time)) AS received, collector_id, segment_id, product,
      toString(day) AS day FROM telemetry.batch_ledger WHERE segment_id = '${segmentId}' ORDER BY producer_id`,
  );

const seqMax = 2 ** 53 - 1;
const cases: Record<string, { over: Partial<LedgerRow>; sees: Record<string, unknown> }> = {
  'one run': { over: {}, sees: { first: '1', last: '5', event_count: 5, dropped: '0', runs: [] } },
  'one number': { over: { ranges: [7, 7], eventCount: 1 }, sees: { first: '7', last: '7', dropped: '0', runs: [] } },
  'runs with holes, some of them declared': {
    over: { ranges: [1, 3, 10, 90, 200, 200], eventCount: 4 },
    sees: {
      first: '1',
      last: '200',
      event_count: 4,
      dropped: '81',
      runs: [
        ['1', '3'],
        ['10', '90'],
        ['200', '200'],
      ],
    },
  },
  'declared numbers alone': { over: { ranges: [4, 9], eventCount: 0 }, sees: { event_count: 0, dropped: '6' } },
  'numbers above 32 bits': {
    over: { ranges: [2 ** 32 - 1, 2 ** 32 + 1], eventCount: 3 },
    sees: { first: '4294967295', last: '4294967297', dropped: '0' },
  },
  'the largest numbers': {
    over: { ranges: [1, seqMax - 2, seqMax, seqMax], eventCount: 1 },
    sees: {
      first: '1',
      last: String(seqMax),
      dropped: String(seqMax - 2),
      runs: [
        ['1', String(seqMax - 2)],
        [String(seqMax), String(seqMax)],
      ],
    },
  },
  '200 runs': {
    over: { ranges: Array.from({ length: 400 }, (_, at) => 1 + Math.floor(at / 2) * 2), eventCount: 200 },
    sees: { dropped: '0', runs: Array.from({ length: 200 }, (_, at) => [String(1 + at * 2), String(1 + at * 2)]) },
  },
  'a product in other scripts': {
    over: { product: Buffer.from('редактор 編集 🖊️\u0000\n\t"') },
    sees: { product: 'редактор 編集 🖊️\u0000\n\t"' },
  },
  'a product of 256 bytes': { over: { product: Buffer.alloc(256, 'p') }, sees: { product: 'p'.repeat(256) } },
  'no product': { over: { product: new Uint8Array(0) }, sees: { product: '' } },
  'the earliest time': { over: { receivedTimeUs: 0 }, sees: { received: '0', day: '1970-01-01' } },
  'the last microsecond of a day': {
    over: { receivedTimeUs: Date.UTC(2025, 9, 10) * 1000 - 1 },
    sees: { day: '2025-10-09' },
  },
  'the latest day': {
    over: { receivedTimeUs: Date.UTC(2149, 5, 6, 23, 59) * 1000 },
    sees: { received: String(Date.UTC(2149, 5, 6, 23, 59) * 1000), day: '2149-06-06' },
  },
  'a digest of ones': { over: { contentDigest: Buffer.alloc(8, 0xff) }, sees: { digest: '18446744073709551615' } },
};

test.each(Object.entries(cases))('the ledger takes %s', async (name, { over, sees }) => {
  const segmentId = `case-${name.replaceAll(/[^a-z0-9]/g, '-')}`;
  const one = row(over);
  // Between others, so that a byte too many or too few breaks them.
  await announce(segmentId, [row({ producerId: Buffer.alloc(16) }), one, row({ producerId: Buffer.alloc(16, 0xff) })]);
  const [before, found, after] = await readBack(segmentId);
  expect(found).toMatchObject({
    producer: Buffer.from(one.producerId).toString('hex'),
    digest: String(Buffer.from(one.contentDigest).readBigUInt64LE()),
    collector_id: 'feedfeedfeedfeed',
    segment_id: segmentId,
    ...sees,
  });
  for (const neighbour of [before, after])
    expect(neighbour).toMatchObject({ first: '1', last: '5', product: 'editor' });
});

test('the ledger takes many rows in one announcement, and once, however often it is made', async () => {
  const all = Array.from({ length: 200_000 }, (_, index) => row({ ranges: [index + 1, index + 3], eventCount: 2 }));
  const query = `SELECT count() AS batches, uniqExact(producer_id) AS producers, toString(sum(first_seq)) AS firsts,
    toUInt32(sum(event_count)) AS events, toUInt32(sum(dropped_count)) AS dropped FROM telemetry.batch_ledger WHERE segment_id = 'many'`;
  const expected = { batches: 200_000, producers: 200_000, firsts: '20000100000', events: 400_000, dropped: 200_000 };
  for (let time = 0; time < 3; time++) {
    await announce('many', all);
    expect(await rows(client, query)).toEqual([expected]);
  }
  // And of a segment that has lost some of its batches by then: what was announced stays announced.
  await announce('many', all.slice(1_000));
  expect(await rows(client, query)).toEqual([expected]);
});

test('a segment is found in the ledger by any of its producers, and no other is', async () => {
  const all = [row(), row(), row()];
  const hex = all.map(({ producerId }) => Buffer.from(producerId).toString('hex'));
  expect(await isSegmentAnnounced(client, 'found', hex)).toBe(false);
  await announce('found', all);
  for (const one of hex) expect(await isSegmentAnnounced(client, 'found', [one])).toBe(true);
  expect(await isSegmentAnnounced(client, 'other', hex)).toBe(false);
  expect(await isSegmentAnnounced(client, 'found', [])).toBe(false);
  expect(await isSegmentAnnounced(client, 'found', ['00'.repeat(15)])).toBe(false);
});

test('the digests of a number are those of batches that begin with it', async () => {
  const producerId = randomBytes(16);
  const first = row({ producerId, ranges: [1, 5], contentDigest: Buffer.alloc(8, 0xff) });
  const second = row({ producerId, ranges: [6, 9, 20, 20], contentDigest: Buffer.alloc(8, 1) });
  await announce('digests', [first, second, row()]);
  const of = (seq: number) => ledgerDigests(client, producerId.toString('hex'), seq, signal);
  expect(await of(1)).toEqual([2n ** 64n - 1n]);
  expect(await of(6)).toEqual([0x0101010101010101n]);
  expect(await of(2)).toEqual([]);
  expect(await ledgerDigests(client, 'ab'.repeat(16), 1, signal)).toEqual([]);
});

test('a load is noted once, however often it is said', async () => {
  const load = { segmentId: 'noted', collectorId: 'c1', batchCount: 3, eventCount: 2 ** 33 };
  for (let time = 0; time < 3; time++) await recordSegmentLoad(client, load, signal);
  expect(
    await rows(
      client,
      "SELECT segment_id, collector_id, toString(batch_count) AS batches, toString(event_count) AS events FROM telemetry.segment_load WHERE segment_id = 'noted'",
    ),
  ).toEqual([{ segment_id: 'noted', collector_id: 'c1', batches: '3', events: String(2 ** 33) }]);
});
