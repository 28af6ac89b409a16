import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ClickHouseClient } from '@clickhouse/client';
import { Encoding } from '@telemetry/gen';
import { type LoadForm, migrate } from '@telemetry/warehouse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Handover } from '../../../collector/src/load/handover.ts';
import { scanSegment } from '../../../collector/src/spool/scan-segment.ts';
import { eventually } from '../../support/eventually.ts';
import { WarehouseProcess } from '../../warehouse/support/warehouse-process.ts';
import { rows } from '../../warehouse-schema/support/rows.ts';
import { batch, event, field, NOW_US, serialize } from '../support/batches.ts';
import { runCollector } from '../support/collector.ts';
import { CrashPlan } from '../support/crash-plan.ts';
import { type MadeRecord, makeLoad, makeRecord, unreadable, writeRecords } from '../support/loading.ts';
import { contentOf, recordOf } from '../support/records.ts';
import { tempFolder } from '../support/temp-folder.ts';

let warehouse: WarehouseProcess;
let client: ClickHouseClient;
const { signal } = new AbortController();
let handover: Handover;
/** Forms of segments, and `handover` for columns that are handed over and not sent. */
const ways = ['columns', 'messages', 'handover'] as const;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  client = warehouse.client();
  await migrate(client);
  handover = await Handover.open(warehouse.handoverPath);
});

afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

/** The form of a segment that goes this way, and what makes its loads. */
function partsOf(way: (typeof ways)[number]) {
  const loadWith: typeof makeLoad = (to, quarantine, logRejected) =>
    makeLoad(to, quarantine, logRejected, way === 'handover' ? handover : undefined);
  const form: LoadForm = way === 'messages' ? 'messages' : 'columns';
  return { form, loadWith };
}

/** What the warehouse has of a segment and of a product, by which each test keeps apart. */
async function stateOf(product: string, segmentId: string) {
  const [row] = await rows(
    client,
    `SELECT (SELECT count() FROM telemetry.events WHERE product = '${product}') AS events,
      (SELECT uniqExact(producer_id, seq) FROM telemetry.events WHERE product = '${product}') AS keys,
      (SELECT toUInt32(sum(events)) FROM telemetry.event_day WHERE product = '${product}') AS counted,
      (SELECT count() FROM telemetry.batch_ledger WHERE segment_id = '${segmentId}') AS announced,
      (SELECT toUInt32(sum(event_count)) FROM telemetry.batch_ledger WHERE segment_id = '${segmentId}') AS announced_events,
      (SELECT count() FROM telemetry.rejected WHERE segment_id = '${segmentId}' AND in_ledger) AS rejected,
      (SELECT toUInt32(sum(event_count)) FROM telemetry.rejected WHERE segment_id = '${segmentId}' AND in_ledger) AS rejected_events,
      (SELECT groupArray((toUInt32(batch_count), toUInt32(event_count))) FROM telemetry.segment_load WHERE segment_id = '${segmentId}') AS loads`,
  );
  return row;
}

function expectedOf(good: readonly MadeRecord[], poison: readonly MadeRecord[]) {
  const eventsOf = (records: readonly MadeRecord[]) => records.reduce((sum, { events }) => sum + events, 0);
  return {
    events: eventsOf(good),
    keys: eventsOf(good),
    counted: eventsOf(good),
    announced: good.length + poison.length,
    announced_events: eventsOf(good) + eventsOf(poison),
    rejected: poison.length,
    rejected_events: eventsOf(poison),
    loads: [[good.length, eventsOf(good)]],
  };
}

/** Two of each: few enough to die at each step. */
function few(product: string): { all: MadeRecord[]; good: MadeRecord[]; poison: MadeRecord[] } {
  const poison = [1, 2].map((events) => makeRecord(product, events, unreadable[events]));
  const good = [3, 4].map((events) => makeRecord(product, events));
  return { all: [...poison.slice(0, 1), ...good, ...poison.slice(1)], good, poison };
}

/** Five good records with poison at some places. */
function mixed(product: string): { all: MadeRecord[]; good: MadeRecord[]; poison: MadeRecord[] } {
  const poison = unreadable.map((bytes, index) => makeRecord(product, index + 1, bytes));
  const good = Array.from({ length: 5 }, (_, index) => makeRecord(product, index + 2));
  const [g0, g1, g2, g3, g4] = good as [MadeRecord, MadeRecord, MadeRecord, MadeRecord, MadeRecord];
  const [p0, p1, p2, p3] = poison as [MadeRecord, MadeRecord, MadeRecord, MadeRecord];
  return { all: [p0, g0, g1, p1, p2, g2, g3, g4, p3], good, poison };
}

describe.each(ways)('a segment, loaded as %s, with batches that the warehouse cannot read', (way) => {
  const { form, loadWith } = partsOf(way);

  test('is loaded without them: neighbours once, the others kept and put on record', async () => {
    const folder = await tempFolder();
    const quarantine = join(folder, 'quarantine');
    const { all, good, poison } = mixed(`mixed-${way}`);
    const segment = writeRecords(folder, all, form);
    const { load, rejected } = loadWith(client, quarantine);
    const summary = await load.load(segment, signal);
    expect(summary.batchCount).toBe(good.length);
    expect(rejected.map(({ batchCount }) => batchCount)).toEqual([poison.length]);
    expect(await stateOf(`mixed-${way}`, segment.id)).toEqual(expectedOf(good, poison));
    // The segment has what is loaded, byte for byte, and the quarantine the rest.
    expect(readFileSync(segment.path)).toEqual(Buffer.concat(good.map(({ bytes }) => bytes)));
    const [file = '', ...others] = readdirSync(quarantine);
    expect(others).toEqual([]);
    expect(readFileSync(join(quarantine, file))).toEqual(Buffer.concat(poison.map(({ bytes }) => bytes)));
    const onRecord = await rows(
      client,
      `SELECT producer_hex, lower(hex(producer_id)) AS id, toUInt32(first_seq) AS first, toUInt32(last_seq) AS last, event_count,
        toString(content_digest) AS digest, product, reason, file, collector_id, day = toDate(now()) AS today, length(message) > 20 AS said
        FROM telemetry.rejected WHERE segment_id = '${segment.id}' ORDER BY event_count`,
    );
    expect(onRecord).toEqual(
      poison.map(({ producerHex, events, digest }) => ({
        producer_hex: producerHex,
        id: producerHex,
        first: 1,
        last: events,
        event_count: events,
        digest: String(digest.readBigUInt64LE()),
        product: `mixed-${way}`,
        reason: 'unreadable',
        file,
        collector_id: '0123456789abcdef',
        today: 1,
        said: 1,
      })),
    );
    // Once more changes nothing.
    await load.load(segment, signal);
    expect(await stateOf(`mixed-${way}`, segment.id)).toEqual(expectedOf(good, poison));
  });

  test('goes again after a crash at every step, and comes to the same', { timeout: 180_000 }, async () => {
    const folder = await tempFolder();
    let crashes = 0;
    for (const when of ['before', 'after'] as const) {
      for (let step = 1; ; step++) {
        const product = `crash-${way}-${when}-${step}`;
        const quarantine = join(folder, product);
        const { all, good, poison } = few(product);
        const segment = writeRecords(folder, all, form);
        const plan = new CrashPlan(step, when);
        const dying = loadWith(plan.around(client), quarantine, () => plan.step(async () => {}));
        const hasCrashed = await dying.load.load(segment, signal).then(
          () => false,
          () => plan.hasCrashed,
        );
        expect(hasCrashed).toBe(plan.hasCrashed);
        const { load } = loadWith(client, quarantine);
        await load.load(segment, signal);
        expect(await stateOf(product, segment.id), product).toEqual(expectedOf(good, poison));
        const files = readdirSync(quarantine);
        expect(files).toHaveLength(1);
        expect(scanSegment(readFileSync(join(quarantine, files[0] ?? ''))).records).toHaveLength(poison.length);
        if (!hasCrashed) break;
        crashes++;
      }
    }
    console.info(`segment load: ${crashes} crashes`);
    expect(crashes).toBeGreaterThan(20);
  });

  test('and nothing else is put aside whole, and noted as done', async () => {
    const folder = await tempFolder();
    const poison = unreadable.map((bytes, index) => makeRecord(`poison-${way}`, index + 1, bytes));
    const segment = writeRecords(folder, poison, form);
    const { load, rejected } = loadWith(client, join(folder, 'quarantine'));
    const summary = await load.load(segment, signal);
    expect(summary.batchCount).toBe(0);
    expect(rejected).toHaveLength(1);
    expect(await stateOf(`poison-${way}`, segment.id)).toEqual(expectedOf([], poison));
    // As after a crash before it was deleted.
    await loadWith(client, join(folder, 'quarantine')).load.load(segment, signal);
    expect(await stateOf(`poison-${way}`, segment.id)).toEqual(expectedOf([], poison));
    expect(readdirSync(join(folder, 'quarantine'))).toHaveLength(1);
  });

  test('of many megabytes: nothing of it is stored before it is cut, and the rest once', {
    timeout: 120_000,
  }, async () => {
    const folder = await tempFolder();
    const product = `large-${way}`;
    const large = largeRecords(product, 1_500);
    const poison = [makeRecord(product, 3, unreadable[0])];
    const last = [makeRecord(product, 4)];
    const segment = writeRecords(folder, [...large, ...poison, ...last], form);
    const refused = new CrashPlan(2, 'after');
    const quarantine = join(folder, 'quarantine');
    await expect(loadWith(refused.around(client), quarantine).load.load(segment, signal)).rejects.toThrow();
    expect(await stateOf(product, segment.id)).toMatchObject({ events: 0, announced: large.length + 2, rejected: 0 });
    await loadWith(client, quarantine).load.load(segment, signal);
    const expected = expectedOf([...large, ...last], poison);
    expect(await stateOf(product, segment.id)).toEqual(expected);
  });
});

describe.each(ways)('a segment, loaded as %s,', (way) => {
  const { form, loadWith } = partsOf(way);

  test('that is put aside whole is on record, and never replaces a file of batches that were cut out before', async () => {
    const folder = await tempFolder();
    const quarantine = join(folder, 'quarantine');
    const { all, good, poison } = mixed(`whole-${way}`);
    // The first record is poison, so that the rest begins at the same place once it is cut out.
    const segment = writeRecords(folder, all, form);
    const { load } = loadWith(client, quarantine);
    await load.load(segment, signal);
    const { products, batchCount } = await load.rejectAll(segment, 'refused');
    expect(batchCount).toBe(good.length);
    expect(products).toEqual([{ productName: Uint8Array.from(Buffer.from(`whole-${way}`)), eventCount: 20 }]);
    expect(existsSync(segment.path)).toBe(true);
    const kept = readdirSync(quarantine).map(
      (file) => scanSegment(readFileSync(join(quarantine, file))).records.length,
    );
    expect(kept.sort()).toEqual([poison.length, good.length]);
    const [row] = await rows(
      client,
      `SELECT count() AS batches, uniqExact(file) AS files FROM telemetry.rejected WHERE segment_id = '${segment.id}'`,
    );
    expect(row).toEqual({ batches: all.length, files: 2 });
  });

  test('that is refused although each of its batches can be read is refused for good, and left as it is', async () => {
    const folder = await tempFolder();
    const records = [makeRecord(`seven-${way}`, 2), makeRecord(`eight-${way}`, 3)];
    const segment = writeRecords(folder, records, form);
    // A view that fails on these, as none of ours may.
    const view = `CREATE MATERIALIZED VIEW telemetry.bad ENGINE = Memory AS SELECT toUInt8(CAST(core.product.name AS String)) AS number
        FROM telemetry.${form === 'columns' ? 'intake_columns' : 'intake'}`;
    await client.command({ query: view });
    const { load, rejected } = loadWith(client, join(folder, 'quarantine'));
    await expect(load.load(segment, signal)).rejects.toMatchObject({ name: 'LoadError', kind: 'permanent' });
    await client.command({ query: 'DROP TABLE telemetry.bad SYNC' });
    expect(rejected).toEqual([]);
    expect(existsSync(join(folder, 'quarantine'))).toBe(false);
    expect(readFileSync(segment.path)).toEqual(Buffer.concat(records.map(({ bytes }) => bytes)));
    expect(await stateOf(`seven-${way}`, segment.id)).toMatchObject({ announced: 2, rejected: 0, loads: [] });
  });

  test('without records asks nothing of the warehouse', async () => {
    const folder = await tempFolder();
    const segment = writeRecords(folder, [], form);
    const { load } = loadWith(client, join(folder, 'quarantine'));
    expect((await load.load(segment, signal)).batchCount).toBe(0);
    expect(await stateOf('none', segment.id)).toMatchObject({ announced: 0, loads: [] });
  });

  test('that must not begin is not announced', async () => {
    const folder = await tempFolder();
    const segment = writeRecords(folder, [makeRecord(`late-${way}`, 1)], form);
    const { load } = loadWith(client, join(folder, 'quarantine'));
    const late = load.load(segment, signal, () => {
      throw new Error('too late');
    });
    await expect(late).rejects.toThrow('too late');
    expect(await stateOf(`late-${way}`, segment.id)).toMatchObject({ events: 0, announced: 0, loads: [] });
  });
});

describe('segments that a real collector finds in its spool', () => {
  test('are loaded, of this version and of an earlier one, and their poison put aside', {
    timeout: 60_000,
  }, async () => {
    const dataDir = await tempFolder();
    const segments = join(dataDir, 'spool', 'segments');
    mkdirSync(segments, { recursive: true });
    const found = (['columns', 'messages'] as const).map((form, index) => {
      const id = `${Date.now()}-0000000${index}-${'ab'.repeat(6)}${form === 'columns' ? 'n' : ''}`;
      const records = mixed(`left-${form}`);
      writeFileSync(join(segments, `${id}.segment.gz`), Buffer.concat(records.all.map(({ bytes }) => bytes)));
      return { ...records, id, product: `left-${form}` };
    });
    await runCollector({ dataDir, warehouseUrl: warehouse.url });
    await eventually(() => (readdirSync(segments).length === 0 ? true : undefined), 30_000);
    const quarantine = join(dataDir, 'spool', 'quarantine');
    for (const { id, product, good, poison } of found) {
      expect(await stateOf(product, id)).toEqual(expectedOf(good, poison));
      const file = readdirSync(quarantine).find((name) => name.startsWith(`${id}-`)) ?? '';
      expect(readFileSync(join(quarantine, file))).toEqual(Buffer.concat(poison.map(({ bytes }) => bytes)));
    }
  });
});

/** Records of 1,000 events each, in gzip that is made once. */
function largeRecords(product: string, count: number): MadeRecord[] {
  const numbers = Array.from({ length: 1_000 }, (_, index) => index + 1);
  const timeUnixUs = BigInt(NOW_US);
  const message = batch({
    core: { product: { name: product } },
    events: numbers.map((seq) => event(seq, { timeUnixUs, name: 'a.name.that.is.long'.repeat(10) })),
  });
  const plain = serialize({ ...message, producerId: new Uint8Array(0) });
  const packed = gzipSync(plain);
  return Array.from({ length: count }, (_, index) => {
    const producerId = Buffer.alloc(16, 0xcd);
    producerId.writeUInt32BE(index);
    const head = field(1, producerId);
    const digest = Buffer.alloc(8, 0xee);
    digest.writeUInt32LE(index);
    const content = {
      ...contentOf(batch({ producerId, events: [] }), new Set(numbers), false, Date.now() * 1000),
      eventCount: 1_000,
      bytes: Buffer.concat([gzipSync(head), packed]),
      encoding: Encoding.GZIP,
      plainSizeBytes: head.length + plain.length,
    } as const;
    return { producerHex: producerId.toString('hex'), digest, events: 1_000, bytes: recordOf(content) };
  });
}
