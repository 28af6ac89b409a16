import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { Outcome } from '@telemetry/gen';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCollector } from '../../../collector/src/index.ts';
import { encodeBlock } from '../../../collector/src/seen/seen-log.ts';
import { eventually } from '../../support/eventually.ts';
import { WarehouseProcess } from '../../warehouse/support/warehouse-process.ts';
import { rows } from '../../warehouse-schema/support/rows.ts';
import { batch, event, plainRequest, serialize } from '../support/batches.ts';
import { collectorOptions, type RunningCollector, runCollector } from '../support/collector.ts';
import { RawClient, status } from '../support/raw-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const LOAD_TIMEOUT_MS = 2_000;
let warehouse: WarehouseProcess;
let client: ClickHouseClient;

beforeAll(async () => {
  warehouse = await WarehouseProcess.start();
  client = warehouse.client();
});

afterAll(async () => {
  await client.close();
  await warehouse.remove();
});

/** A batch, others with the same numbers and other content, and what its seen-set has to know. */
function makeBatches() {
  const producerId = randomBytes(16);
  const timeUnixUs = BigInt(Date.now()) * 1000n;
  const make = (name: string, numbers: readonly number[]) =>
    serialize(batch({ producerId, events: numbers.map((seq) => event(seq, { timeUnixUs, name })) }));
  const sent = make('first.content', [1, 2]);
  const digest = createHash('sha1').update(sent).digest();
  return {
    producerId,
    producerHex: producerId.toString('hex'),
    sent,
    whole: make('other.content', [1, 2]),
    partial: make('other.content', [2, 3]),
    digest,
  };
}

type Batches = ReturnType<typeof makeBatches>;

/** The same batch is a duplicate, other content under its numbers is refused, on a unary call and on a stream. */
async function expectKnown({ client: publisher }: RunningCollector, { sent, whole, partial }: Batches): Promise<void> {
  expect((await publisher.publish(plainRequest(sent))).outcome).toBe(Outcome.DUPLICATE);
  expect((await publisher.publish(plainRequest(sent, 3))).outcome).toBe(Outcome.DUPLICATE);
  for (const conflicting of [whole, partial]) {
    for (const attempt of [1, 2]) {
      expect(await publisher.publishRefused(plainRequest(conflicting, attempt))).toMatchObject({
        code: status.ALREADY_EXISTS,
        reason: 'ERROR_REASON_SEQUENCE_CONFLICT',
        retryDelayMs: undefined,
      });
    }
  }
  const stream = publisher.stream();
  await stream.send(plainRequest(whole), plainRequest(sent), plainRequest(partial));
  const acks = await stream.nextAcks(3);
  expect(acks.map(({ outcome }) => outcome)).toEqual([Outcome.REJECTED, Outcome.DUPLICATE, Outcome.REJECTED]);
  stream.end();
  await stream.ended;
}

const loadedEvents = async ({ producerHex }: Batches): Promise<Record<string, unknown>[]> =>
  rows(
    client,
    `SELECT name, count() AS events FROM telemetry.events WHERE lower(hex(producer_id)) = '${producerHex}' GROUP BY name`,
  );

/** A data folder of a collector that has taken a batch and loaded it, and has ended. */
async function loadedFolder(batches: Batches): Promise<string> {
  const dataDir = await tempFolder();
  const collector = await startCollector({ ...collectorOptions(dataDir), warehouseUrl: warehouse.url });
  const publisher = new RawClient(collector.grpcAddress);
  expect((await publisher.publish(plainRequest(batches.sent))).outcome).toBe(Outcome.ACCEPTED);
  publisher.close();
  expect(await collector.close({ drainTimeoutMs: 30_000 })).toEqual({ drained: true });
  expect(await loadedEvents(batches)).toEqual([{ name: 'first.content', events: 2 }]);
  return dataDir;
}

/** Makes a seen-set that knows the numbers of a batch, and no longer its content. */
async function forgetContent(dataDir: string, { producerId }: Batches): Promise<void> {
  const block = encodeBlock([{ producerId, sequence: [1, 2], digest: randomBytes(8) }]);
  await writeFile(join(dataDir, 'seen', 'seen-00000001.log'), block);
  await writeFile(join(dataDir, 'seen', 'forgotten'), '');
}

describe('the same numbers again', () => {
  it('are told apart by their content, spooled and over a restart', async () => {
    const batches = makeBatches();
    const dataDir = await tempFolder();
    const first = await startCollector(collectorOptions(dataDir));
    const publisher = new RawClient(first.grpcAddress);
    expect((await publisher.publish(plainRequest(batches.sent))).outcome).toBe(Outcome.ACCEPTED);
    await expectKnown({ dataDir, collector: first, client: publisher }, batches);
    publisher.close();
    await first.close({ drainTimeoutMs: 0 });
    await expectKnown(await runCollector({ dataDir }), batches);
  });

  it('are told apart over a restart when they are loaded', async () => {
    const batches = makeBatches();
    const dataDir = await loadedFolder(batches);
    // Nobody has to be asked.
    await expectKnown(await runCollector({ dataDir }), batches);
  });

  it('are told apart by the ledger when their content is forgotten', async () => {
    const batches = makeBatches();
    const dataDir = await loadedFolder(batches);
    await forgetContent(dataDir, batches);
    await expectKnown(await runCollector({ dataDir, warehouseUrl: warehouse.url }), batches);
    expect(await loadedEvents(batches)).toEqual([{ name: 'first.content', events: 2 }]);
  });

  it('are deferred when their content is forgotten and the ledger cannot be asked', async () => {
    const batches = makeBatches();
    const dataDir = await loadedFolder(batches);
    await forgetContent(dataDir, batches);
    const { client: publisher, collector } = await runCollector({ dataDir });
    for (const request of [plainRequest(batches.sent), plainRequest(batches.whole, 2)]) {
      const refusal = await publisher.publishRefused(request);
      expect(refusal).toMatchObject({ code: status.UNAVAILABLE, reason: 'ERROR_REASON_STORAGE_UNAVAILABLE' });
      expect(refusal.retryDelayMs).toBeGreaterThan(0);
    }
    // Some of the numbers are not free: that needs no ledger.
    expect(await publisher.publishRefused(plainRequest(batches.partial))).toMatchObject({
      reason: 'ERROR_REASON_SEQUENCE_CONFLICT',
    });
    expect(collector.counts).toMatchObject({ deferred: 2, rejected: 1, accepted: 0 });
  });

  it.each([
    ['lost', (dataDir: string) => rm(join(dataDir, 'seen'), { recursive: true })],
    ['damaged', (dataDir: string) => writeFile(join(dataDir, 'seen', 'seen-00000001.log'), randomBytes(100))],
  ])('are counted once, and other content is put aside, after the seen-set was %s', async (_name, damage) => {
    const [same, other] = [makeBatches(), makeBatches()];
    await loadedFolder(other);
    const dataDir = await loadedFolder(same);
    await damage(dataDir);
    const over = { dataDir, warehouseUrl: warehouse.url, loadTimeoutMs: LOAD_TIMEOUT_MS };
    const { client: publisher } = await runCollector(over);
    expect((await publisher.publish(plainRequest(same.sent, 2))).outcome).toBe(Outcome.ACCEPTED);
    expect((await publisher.publish(plainRequest(other.whole, 2))).outcome).toBe(Outcome.ACCEPTED);
    const waiting = ['segments', 'resent/segments', 'careful'].map((name) => join(dataDir, 'spool', name));
    await eventually(
      () => (waiting.every((folder) => readdirSync(folder).length === 0) ? true : undefined),
      30_000,
      () => waiting.map((folder) => readdirSync(folder).join(' ')).join(' | '),
    );
    for (const batches of [same, other]) {
      expect(await loadedEvents(batches)).toEqual([{ name: 'first.content', events: 2 }]);
    }
    const rejected = await rows(
      client,
      `SELECT reason, in_ledger FROM telemetry.rejected WHERE producer_hex = '${other.producerHex}'`,
    );
    expect(rejected).toEqual([{ reason: 'sequence_conflict', in_ledger: false }]);
    // It is known from now on, wherever it lies.
    expect((await publisher.publish(plainRequest(other.whole, 3))).outcome).toBe(Outcome.DUPLICATE);
  });
});
