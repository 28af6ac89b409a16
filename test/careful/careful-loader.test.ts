import { hash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { dropStaleClaims, migrate, readClaims, registerCollector, setClaims } from '@telemetry/warehouse';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CarefulFiles } from '../../collector/src/careful/careful-files.ts';
import { CarefulLoader, type CarefulSteps } from '../../collector/src/careful/careful-loader.ts';
import { insertSegment } from '../../collector/src/load/warehouse-load.ts';
import { CollectorFields } from '../../collector/src/spool/collector-fields.ts';
import type { ClosedSegment } from '../../collector/src/spool/segment.ts';
import { batch, event, serialize } from '../collector/support/batches.ts';
import { contentOf, recordOf } from '../collector/support/records.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';

const nowUs = Date.now() * 1000;
let warehouse: WarehouseProcess;
let client: ClickHouseClient;
let version = nowUs;
let segments = 0;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  client = warehouse.client();
  await migrate(client);
});

afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

/** A batch of so many events, with a producer of its own. */
function newBatch(events: number): { bytes: Uint8Array; record(collectorId: string): Buffer } {
  const timeUnixUs = BigInt(nowUs);
  const message = batch({
    producerId: randomBytes(16),
    events: Array.from({ length: events }, (_, index) => event(index + 1, { timeUnixUs })),
  });
  const bytes = serialize(message);
  const numbers = new Set(message.events.map((_, index) => index + 1));
  return {
    bytes,
    record(collectorId) {
      const collectorFields = new CollectorFields(collectorId).encode(nowUs, hash('sha1', bytes, 'buffer'));
      return recordOf({ ...contentOf(message, numbers, false), collectorFields });
    },
  };
}

function writeSegment(folder: string, records: readonly Buffer[]): ClosedSegment {
  const id = `${String(Date.now()).padStart(13, '0')}-${String(++segments).padStart(8, '0')}-${randomBytes(6).toString('hex')}`;
  const path = join(folder, `${id}.segment.gz`);
  writeFileSync(path, Buffer.concat(records));
  return { id, path, sizeBytes: 0 };
}

class Crash extends Error {}

/** The careful path of one collector, which dies at random steps and is started again on the same folder. */
class Life {
  readonly id: string;
  readonly folder: string;
  readonly #random: () => number;
  readonly #crashShare: number;
  loader!: CarefulLoader;
  crashes = 0;
  duplicates = 0;

  constructor(id: string, random: () => number, crashShare: number) {
    this.id = id;
    this.folder = temporaryFolder();
    this.#random = random;
    this.#crashShare = crashShare;
  }

  async begin(): Promise<void> {
    let isDead = false;
    const step = async (work: () => Promise<void>): Promise<void> => {
      if (isDead) throw new Crash();
      const when = this.#random() < this.#crashShare ? (this.#random() < 0.5 ? 'before' : 'after') : 'never';
      if (when !== 'before') await work();
      if (when === 'never') return;
      isDead = true;
      this.crashes++;
      void this.loader.stop().then(() => this.begin());
      throw new Crash();
    };
    const steps: CarefulSteps = {
      setClaims: (segment, claims, isActive) =>
        step(() => setClaims(client, this.id, segment, claims, isActive, ++version)),
      dropStaleClaims: (held) => step(() => dropStaleClaims(client, this.id, held, ++version)),
      readClaims: (segment) => readClaims(client, this.id, segment),
      insert: (file, signal) => step(() => insertSegment(client, { ...file, sizeBytes: 0 }, 30_000, signal)),
      remember: (records, as) =>
        step(async () => {
          if (as === 'duplicate') this.duplicates += records.length;
        }),
      onFailure: (file, error) => {
        if (!(error instanceof Crash) && !isDead) console.error(file.id, error);
      },
    };
    const times = { graceMs: 0, retryMsMax: 50, clock: Date.now, random: this.#random };
    this.loader = new CarefulLoader(new CarefulFiles(join(this.folder, 'careful')), steps, times);
    await this.loader.open();
  }

  get isDone(): boolean {
    return readdirSync(join(this.folder, 'careful')).length === 0 && this.loader.waiting === 0;
  }
}

async function count(sql: string): Promise<number> {
  const result = await client.query({ query: sql, format: 'JSONCompact' });
  return Number((await result.json<[unknown]>()).data[0]?.[0]);
}

describe('batches that two collectors have', () => {
  test.each([
    ['without crashes', 0],
    ['with crashes of both at every step', 0.15],
  ])('are stored once: %s', { timeout: 120_000 }, async (_name, crashShare) => {
    const seed = Number(process.env.TELEMETRY_TEST_SEED ?? Date.now() % 1_000_000);
    console.info(`careful path: repeat it with TELEMETRY_TEST_SEED=${seed}`);
    const random = seededRandom(seed);
    const before = await count('SELECT count() FROM telemetry.events');
    const lives = [
      new Life(randomBytes(8).toString('hex'), random, crashShare),
      new Life(randomBytes(8).toString('hex'), random, crashShare),
    ];
    for (const life of lives) {
      await registerCollector(client, life.id);
      await life.begin();
      onTestFinished(() => life.loader.stop());
    }
    let batches = 0;
    for (let round = 0; round < 6; round++) {
      const records: Buffer[][] = [[], []];
      for (let index = 0; index < 8; index++) {
        const made = newBatch(1 + Math.floor(random() * 4));
        const where = random();
        batches++;
        lives.forEach((life, number) => {
          if (where < 0.5 || Math.floor(where * 100) % 2 === number) records[number]?.push(made.record(life.id));
        });
      }
      for (const [number, life] of lives.entries()) {
        const some = records[number] ?? [];
        if (some.length > 0) await life.loader.take(writeSegment(life.folder, some), 0);
      }
    }
    await eventually(
      () => (lives.every((life) => life.isDone) ? true : undefined),
      60_000,
      () => lives.map((life) => readdirSync(join(life.folder, 'careful')).join(' ')).join(' | '),
    );
    if (crashShare > 0) expect(lives.reduce((sum, life) => sum + life.crashes, 0)).toBeGreaterThan(3);
    const stored = await count('SELECT count() FROM telemetry.events');
    expect(await count('SELECT uniqExact(producer_id, seq) FROM telemetry.events')).toBe(stored);
    const ids = lives.map(({ id }) => `'${id}'`).join(',');
    expect(await count(`SELECT count() FROM telemetry.batch_ledger WHERE collector_id IN (${ids})`)).toBe(batches);
    expect(stored - before).toBe(
      await count(`SELECT sum(event_count) FROM telemetry.batch_ledger WHERE collector_id IN (${ids})`),
    );
    expect(
      await count(
        `SELECT count() FROM (SELECT argMax(is_active, version) AS a FROM telemetry.batch_claim GROUP BY producer_hex, content_digest, collector_id HAVING a = 1)`,
      ),
    ).toBe(0);
  });

  test('a segment whose load was begun goes again whole, with its token', async () => {
    const life = new Life(randomBytes(8).toString('hex'), Math.random, 0);
    await registerCollector(client, life.id);
    await life.begin();
    onTestFinished(() => life.loader.stop());
    const segment = writeSegment(life.folder, [newBatch(2).record(life.id), newBatch(3).record(life.id)]);
    await insertSegment(client, segment, 30_000, new AbortController().signal);
    const before = await count('SELECT count() FROM telemetry.events');
    await life.loader.take(segment, 0);
    await eventually(() => (life.isDone ? true : undefined), 30_000);
    expect(await count('SELECT count() FROM telemetry.events')).toBe(before);
  });

  test('a split that a crash interrupted is finished: nothing is lost and nothing is there twice', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'careful'));
    const [one, two, three] = [1, 2, 3].map((events) => newBatch(events).record('feedfeedfeedfeed')) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    writeFileSync(join(folder, 'careful', 's.waiting.gz'), Buffer.concat([one, two, three]));
    writeFileSync(join(folder, 'careful', 'sr.ready.gz'), two);
    writeFileSync(join(folder, 'careful', 'sp.waiting.gz.tmp'), one.subarray(0, 10));
    const files = await new CarefulFiles(join(folder, 'careful')).recover();
    expect(files.map(({ id, state }) => [id, state])).toEqual([
      ['sp', 'waiting'],
      ['sr', 'ready'],
    ]);
    expect(readFileSync(join(folder, 'careful', 'sp.waiting.gz'))).toEqual(Buffer.concat([one, three]));
    expect(readdirSync(join(folder, 'careful'))).toHaveLength(2);
  });
});
