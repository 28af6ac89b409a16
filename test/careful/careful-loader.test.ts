import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import {
  dropStaleClaims,
  isSegmentAnnounced,
  migrate,
  readClaims,
  registerCollector,
  setClaims,
} from '@telemetry/warehouse';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CarefulFiles } from '../../collector/src/careful/careful-files.ts';
import { CarefulLoader, type CarefulSteps } from '../../collector/src/careful/careful-loader.ts';
import { rejectRecords } from '../../collector/src/load/reject-records.ts';
import { SegmentLoad } from '../../collector/src/load/segment-load.ts';
import { summarizeSegment } from '../../collector/src/load/segment-summary.ts';
import type { ClosedSegment } from '../../collector/src/spool/segment.ts';
import { eventually } from '../support/eventually.ts';
import { openGate } from '../support/open-gate.ts';
import { seededRandom } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { newBatch } from './support/new-batch.ts';

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

function writeSegment(folder: string, records: readonly Buffer[]): ClosedSegment {
  const id = `${String(Date.now()).padStart(13, '0')}-${String(++segments).padStart(8, '0')}-${randomBytes(6).toString('hex')}`;
  const path = join(folder, `${id}.segment.gz`);
  writeFileSync(path, Buffer.concat(records));
  return { id, path, sizeBytes: 0, oldestMs: 0 };
}

class Crash extends Error {}

/** The careful path of one collector, which dies at random steps and is started again on the same folder. */
class Life {
  readonly id: string;
  readonly folder: string;
  readonly #random: () => number;
  readonly #crashShare: number;
  loader!: CarefulLoader;
  readonly load: SegmentLoad;
  crashes = 0;
  duplicates = 0;
  rejected = 0;
  stored = 0;
  graceMs = 0;
  claims = 0;
  /** Whether the claims that an earlier life left are gone. */
  #hasCleanClaims = false;
  #rebirth: Promise<void> | undefined;
  #isOver = false;

  constructor(id: string, random: () => number, crashShare: number) {
    this.id = id;
    this.folder = temporaryFolder();
    this.#random = random;
    this.#crashShare = crashShare;
    this.load = new SegmentLoad({
      client,
      collectorId: id,
      quarantineFolder: this.quarantineFolder,
      logger: pino({ level: 'silent' }),
      loadTimeoutMs: 30_000,
      gate: openGate(client),
      logRejected: async () => {},
      onDamaged: () => {},
      onRejected: () => {},
    });
  }

  get quarantineFolder(): string {
    return join(this.folder, 'quarantine');
  }

  async begin(): Promise<void> {
    let isDead = false;
    this.#hasCleanClaims = false;
    const step = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      if (isDead) throw new Crash();
      const when = this.#random() < this.#crashShare ? (this.#random() < 0.5 ? 'before' : 'after') : 'never';
      const result = when === 'before' ? undefined : await work();
      if (when === 'never') return result as Result;
      isDead = true;
      this.crashes++;
      this.#rebirth = this.loader.stop().then(() => (this.#isOver ? undefined : this.begin()));
      throw new Crash();
    };
    const steps: CarefulSteps = {
      setClaims: (segment, claims, isActive) =>
        step(() => {
          this.claims++;
          return setClaims(client, this.id, segment, claims, isActive, ++version);
        }),
      dropStaleClaims: async (held) => {
        await step(() => dropStaleClaims(client, this.id, held, ++version));
        this.#hasCleanClaims = true;
      },
      readClaims: (segment) => readClaims(client, this.id, segment),
      isAnnounced: (segment, producersHex) => isSegmentAnnounced(client, segment, producersHex),
      load: (file, signal) => step(() => this.load.load(file, signal)),
      rejectConflicting: ({ id }, bytes, records) =>
        step(async () => {
          const why = { reason: 'sequence_conflict', message: 'taken', isInLedger: false } as const;
          const place = { client, collectorId: this.id, quarantineFolder: this.quarantineFolder };
          await rejectRecords(place, { id, bytes }, records, why);
        }),
      summarize: ({ id }, bytes, records) => summarizeSegment(bytes, records, this.id, id),
      remember: (summary, as) =>
        step(async () => {
          if (as === 'duplicate') this.duplicates += summary.batchCount;
          else this[as] += summary.batchCount;
        }),
      onFailure: (file, error) => {
        if (!(error instanceof Crash) && !isDead) console.error(file.id, error);
      },
    };
    const times = {
      graceMs: this.graceMs,
      retryMsMax: 50,
      steadyClock: () => performance.now(),
      random: this.#random,
    };
    this.loader = new CarefulLoader(
      new CarefulFiles(join(this.folder, 'careful'), join(this.folder, 'quarantine'), () => {}),
      steps,
      times,
    );
    await this.loader.open(() => {});
  }

  /** Ends it: it is not started again after a crash, and what of that is under way has come to its end. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#rebirth;
    await this.loader.stop();
  }

  get isDone(): boolean {
    if (!this.#hasCleanClaims) return false;
    return readdirSync(join(this.folder, 'careful')).length === 0 && this.loader.waiting === 0;
  }
}

async function anotherLife(): Promise<Life> {
  const life = new Life(randomBytes(8).toString('hex'), Math.random, 0);
  await registerCollector(client, life.id);
  await life.begin();
  onTestFinished(() => life.end());
  return life;
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
      onTestFinished(() => life.end());
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
        if (some.length > 0) await life.loader.take(writeSegment(life.folder, some));
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

  test('a segment whose load was begun goes again whole, with its token, and need not wait', async () => {
    const life = new Life(randomBytes(8).toString('hex'), Math.random, 0);
    life.graceMs = 3_600_000;
    await registerCollector(client, life.id);
    await life.begin();
    onTestFinished(() => life.end());
    const begun = [newBatch(2), newBatch(3)];
    const segment = writeSegment(
      life.folder,
      begun.map((one) => one.record(life.id)),
    );
    await life.load.load(segment, new AbortController().signal);
    const before = await count('SELECT count() FROM telemetry.events');
    // Another collector that has a copy as well takes it for a duplicate.
    const other = await anotherLife();
    await other.loader.take(writeSegment(other.folder, [begun[0]?.record(other.id) ?? Buffer.alloc(0)]));
    await eventually(() => (other.isDone ? true : undefined), 30_000);
    expect(other.duplicates).toBe(1);
    // One that was not begun waits, and holds up none that was.
    await life.loader.take(writeSegment(life.folder, [newBatch(1).record(life.id)]));
    await life.loader.take(segment);
    // What is stored is remembered first, and its file goes then.
    const files = () => readdirSync(join(life.folder, 'careful')).length;
    const isOneLeft = () => life.loader.waiting === 1 && life.stored === 2 && files() === 1;
    await eventually(() => (isOneLeft() ? true : undefined), 30_000);
    // Nothing was claimed: nobody else may load it anyhow, and what waits is not sorted before its time.
    expect(life.claims).toBe(1);
    expect(await count('SELECT count() FROM telemetry.events')).toBe(before);
  });

  test('other content under numbers that another collector has loaded is rejected, kept and put on record', async () => {
    const loaded = await anotherLife();
    const life = await anotherLife();
    const producer = randomBytes(16);
    const first = newBatch(3, producer);
    await loaded.loader.take(writeSegment(loaded.folder, [first.record(loaded.id)]));
    await eventually(() => (loaded.isDone ? true : undefined), 30_000);
    const other = newBatch(5, producer, 'other.content').record(life.id);
    const neighbour = newBatch(2);
    const segment = writeSegment(life.folder, [first.record(life.id), other, neighbour.record(life.id)]);
    await life.loader.take(segment);
    await eventually(() => (life.isDone ? true : undefined), 30_000);
    expect([life.duplicates, life.rejected, life.stored]).toEqual([1, 1, 1]);
    const hex = producer.toString('hex');
    expect(await count(`SELECT count() FROM telemetry.events WHERE lower(hex(producer_id)) = '${hex}'`)).toBe(3);
    expect(await count(`SELECT count() FROM telemetry.events WHERE name = 'other.content'`)).toBe(0);
    const rejected = await client.query({
      query: `SELECT segment_id, collector_id, toUInt32(first_seq) AS first, toUInt32(last_seq) AS last, event_count, reason, file, in_ledger
        FROM telemetry.rejected WHERE producer_hex = '${hex}'`,
      format: 'JSONEachRow',
    });
    const [file] = readdirSync(life.quarantineFolder);
    expect(await rejected.json()).toEqual([
      {
        segment_id: segment.id,
        collector_id: life.id,
        first: 1,
        last: 5,
        event_count: 5,
        reason: 'sequence_conflict',
        file,
        in_ledger: false,
      },
    ]);
    expect(readFileSync(join(life.quarantineFolder, file ?? ''))).toEqual(other);
  });

  test('a segment from which all batches were cut out does not stay', async () => {
    const life = await anotherLife();
    await life.loader.take(writeSegment(life.folder, []));
    await eventually(() => (life.isDone ? true : undefined), 10_000);
  });
});
