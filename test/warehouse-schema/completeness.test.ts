import { migrate, recordRejected } from '@telemetry/warehouse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { announce, loadSegment, type MadeBatch, makeBatch } from '../audit/support/audited-warehouse.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';

let warehouse: WarehouseProcess;
const always = "product = '', from = '1970-01-01', to = '2149-06-06'";

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  await migrate(warehouse.client());
});

afterAll(() => warehouse.remove());

const books = (producer: string, filter = always) =>
  warehouse.sql(
    `SELECT highest_seq, stored, loading, rejected, declared_dropped, missing FROM telemetry.producer_completeness(${filter})
     WHERE producer = '${producer}'`,
  );

const holes = (producer: string, filter = always) =>
  warehouse.sql(`SELECT first_seq, last_seq FROM telemetry.producer_hole(${filter}) WHERE producer = '${producer}'`);

const columns = (...numbers: readonly number[]) => numbers.join('\t');

test('a producer of which everything came has no hole', async () => {
  const batch = makeBatch({ events: 7, dropped: 3 });
  await loadSegment(warehouse.client(), 'whole', [batch]);
  expect(await books(batch.producerHex)).toBe(columns(10, 7, 0, 0, 3, 0));
  expect(await holes(batch.producerHex)).toBe('');
});

test('numbers that are neither stored nor declared are holes, at the beginning too', async () => {
  const { producerHex } = makeBatch();
  const at = (firstSeq: number, events: number): MadeBatch => makeBatch({ producerHex, firstSeq, events });
  await loadSegment(warehouse.client(), 'holes', [at(20, 5), at(3, 4), at(9, 2)]);
  expect(await books(producerHex)).toBe(columns(24, 11, 0, 0, 0, 13));
  expect(await holes(producerHex)).toBe('1\t2\n7\t8\n11\t19');
});

test('with a first day, what came before it is not missing', async () => {
  const { producerHex } = makeBatch();
  const at = (firstSeq: number, receivedDaysAgo: number): MadeBatch =>
    makeBatch({ producerHex, firstSeq, events: 2, receivedDaysAgo });
  await loadSegment(warehouse.client(), 'days', [at(1, 3), at(3, 1), at(6, 0)]);
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const since = `product = '', from = '${yesterday}', to = '2149-06-06'`;
  expect(await books(producerHex, since)).toBe(columns(7, 4, 0, 0, 0, 1));
  expect(await holes(producerHex, since)).toBe('5\t5');
});

test('what is being loaded and what was rejected is told apart from what is missing', async () => {
  const { producerHex } = makeBatch();
  const client = warehouse.client();
  await announce(client, 'coming', [makeBatch({ producerHex, events: 4 })]);
  expect(await books(producerHex)).toBe(columns(4, 0, 4, 0, 0, 0));
  const digest = await warehouse.sql("SELECT content_digest FROM telemetry.batch_ledger WHERE segment_id = 'coming'");
  const { firstSeq, lastSeq, product, receivedTimeUs } = makeBatch({ producerHex, events: 4 });
  const batch = {
    producerHex,
    firstSeq,
    lastSeq,
    eventCount: 4,
    contentDigest: BigInt(digest),
    product,
    receivedTimeUs,
  };
  const why = { reason: 'unreadable', message: 'made up', file: 'quarantine', isInLedger: true } as const;
  await recordRejected(client, { segmentId: 'coming', collectorId: 'c1', ...why }, [batch]);
  expect(await books(producerHex)).toBe(columns(4, 0, 0, 4, 0, 0));
  expect(await holes(producerHex)).toBe('');
});
