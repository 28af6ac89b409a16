import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromJsonString } from '@bufbuild/protobuf';
import { type Ack, BlacklistSchema, DropReason, Outcome, type WatchBlacklistResponse } from '@telemetry/gen';
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Collector, startCollector } from '../../collector/src/index.ts';
import { appendBlacklistChange } from '../../warehouse/src/index.ts';
import { batch, event, gzipRequest, serialize } from '../collector/support/batches.ts';
import { collectorOptions, runCollector } from '../collector/support/collector.ts';
import { RawClient } from '../collector/support/raw-client.ts';
import { tempFolder } from '../collector/support/temp-folder.ts';
import { eventually } from '../support/eventually.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { blacklistClient } from './support/blacklist-client.ts';
import { banName, banPrefix } from './support/lists.ts';

const ENFORCED_WITHIN_MS = 10_000;

const warehouse = await WarehouseProcess.start();
const sql = warehouse.client();
afterAll(async () => {
  await sql.close();
  await warehouse.remove();
});

beforeEach(async () => {
  await warehouse.sql('DROP DATABASE IF EXISTS telemetry SYNC');
});

let nextSeq = 1;
/** Publishes one event of this name. */
async function publish(client: RawClient, name: string): Promise<Ack> {
  const producerId = crypto.getRandomValues(new Uint8Array(16));
  const one = event(nextSeq++, { name, timeUnixUs: BigInt(Date.now()) * 1000n });
  return client.publish(gzipRequest(serialize(batch({ producerId, events: [one] }))));
}

/** Waits until a collector drops, or takes, events of this name; the last ack. */
function untilDropped(client: RawClient, name: string, count: 0 | 1): Promise<Ack> {
  return eventually(async () => {
    const ack = await publish(client, name);
    expect(ack.outcome).toBe(Outcome.ACCEPTED);
    return ack.droppedEventCount === count ? ack : undefined;
  }, ENFORCED_WITHIN_MS);
}

const add = (name: string) => ({ add: [banName(name)], reason: 'it holds personal data', changedBy: 'ada' });

describe('Two collectors on one warehouse', () => {
  it('enforce within seconds what was changed through either, and lift it again', { timeout: 120_000 }, async () => {
    const first = await runCollector({ warehouseUrl: warehouse.url });
    const second = await runCollector({ warehouseUrl: warehouse.url });
    const [one, two] = [blacklistClient(first.collector.grpcAddress), blacklistClient(second.collector.grpcAddress)];
    expect((await publish(second.client, 'secret.used')).droppedEventCount).toBe(0);

    const startMs = performance.now();
    const { blacklist } = await one.changeBlacklist(add('secret.used'));
    expect(blacklist).toMatchObject({ version: 1n, apiVersion: 1, entries: [{ createdBy: 'ada', reason: 'test' }] });
    // The one that was told enforces it from the answer on.
    expect(await publish(first.client, 'secret.used')).toMatchObject({ droppedEventCount: 1, blacklistVersion: 1n });
    const ack = await untilDropped(second.client, 'secret.used', 1);
    console.info(`enforced by the other collector after ${Math.round(performance.now() - startMs)} ms`);
    expect(ack).toMatchObject({ blacklistVersion: 1n, droppedEvents: [{ reason: DropReason.BLACKLISTED }] });
    expect((await publish(second.client, 'page.viewed')).droppedEventCount).toBe(0);

    const id = blacklist?.entries[0]?.id ?? '';
    const lifted = await two.changeBlacklist({ removeIds: [id], reason: 'mended', changedBy: 'bob' });
    expect(lifted.blacklist).toMatchObject({ version: 2n, entries: [] });
    expect(await untilDropped(first.client, 'secret.used', 0)).toMatchObject({ blacklistVersion: 2n });

    const { changes } = await one.listBlacklistChanges({});
    expect(changes).toMatchObject([
      { version: 2n, changedBy: 'bob', reason: 'mended', added: [], removed: [{ id }] },
      { version: 1n, changedBy: 'ada', reason: 'it holds personal data', added: [{ id }], removed: [] },
    ]);
    // What was dropped is on record, and nothing of it is an event.
    const counted = async () =>
      warehouse.sql(
        "SELECT (SELECT count() FROM telemetry.events WHERE name = 'secret.used'), (SELECT count() FROM telemetry.dropped WHERE reason = 'blacklisted' AND blacklist_version = 1), (SELECT count() FROM telemetry.blacklist)",
      );
    await eventually(
      async () => (/^\d+\t[1-9]/.test(await counted().catch(() => '')) ? true : undefined),
      ENFORCED_WITHIN_MS,
    );
  });

  it('make one version each of changes that come at the same time, and agree', { timeout: 120_000 }, async () => {
    const collectors = [
      await runCollector({ warehouseUrl: warehouse.url }),
      await runCollector({ warehouseUrl: warehouse.url }),
    ];
    const clients = collectors.map(({ collector }) => blacklistClient(collector.grpcAddress));
    const count = 12;
    await Promise.all(
      Array.from({ length: count }, (_, index) => clients[index % 2]?.changeBlacklist(add(`event.${index}`))),
    );
    for (const client of clients) {
      const list = await eventually(async () => {
        const { result } = await client.getBlacklist({ knownVersion: 99n });
        return result.case === 'blacklist' && result.value.version === BigInt(count) ? result.value : undefined;
      }, ENFORCED_WITHIN_MS);
      expect(list.entries.map(({ match }) => match.value).sort()).toEqual(
        Array.from({ length: count }, (_, index) => `event.${index}`).sort(),
      );
      const { changes } = await client.listBlacklistChanges({ pageSize: 5, beforeVersion: 8n });
      expect(changes.map(({ version }) => version)).toEqual([7n, 6n, 5n, 4n, 3n]);
    }
  });

  it('push every change to those who watch, once and at once', { timeout: 120_000 }, async () => {
    const first = await runCollector({ warehouseUrl: warehouse.url });
    const second = await runCollector({ warehouseUrl: warehouse.url });
    const [one, two] = [blacklistClient(first.collector.grpcAddress), blacklistClient(second.collector.grpcAddress)];
    const seen: WatchBlacklistResponse[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const response of two.watchBlacklist({ product: 'editor' }, { signal: stop.signal }))
        seen.push(response);
    })().catch(() => 'aborted');
    await one.changeBlacklist({
      add: [banName('a.used'), banName('b.used', { product: 'viewer' })],
      reason: 'x',
      changedBy: 'ada',
    });
    await eventually(() => (seen.length === 1 ? true : undefined), ENFORCED_WITHIN_MS);
    await two.changeBlacklist({ add: [banPrefix('c.', { product: 'editor' })], reason: 'x', changedBy: 'ada' });
    await eventually(() => (seen.length === 2 ? true : undefined), ENFORCED_WITHIN_MS);
    expect(
      seen.map(({ blacklist }) => [blacklist?.version, blacklist?.entries.map(({ match }) => match.value)]),
    ).toEqual([
      [1n, ['a.used']],
      [2n, ['a.used', 'c.']],
    ]);
    // Who knows nothing gets all at once.
    for await (const { blacklist } of two.watchBlacklist({})) {
      expect(blacklist).toMatchObject({ version: 2n, entries: [{}, {}, {}] });
      break;
    }
    stop.abort();
    expect(await watching).toBe('aborted');
  });
});

describe('Without its warehouse', () => {
  it('a collector keeps to the last known list, also after a restart, and takes no change', {
    timeout: 120_000,
  }, async () => {
    const own = await WarehouseProcess.start();
    onTestFinished(() => own.remove());
    const dataDir = await tempFolder();
    const running: Collector[] = [];
    onTestFinished(async () => {
      for (const collector of running) await collector.close({ drainTimeoutMs: 0 });
    });
    const start = async () => {
      const collector = await startCollector({ ...collectorOptions(dataDir), warehouseUrl: own.url });
      running.push(collector);
      const client = new RawClient(collector.grpcAddress);
      onTestFinished(() => client.close());
      return { collector, client, service: blacklistClient(collector.grpcAddress) };
    };
    const first = await start();
    await first.service.changeBlacklist(add('secret.used'));
    await own.end('SIGKILL');
    expect(await publish(first.client, 'secret.used')).toMatchObject({ droppedEventCount: 1, blacklistVersion: 1n });
    await expect(first.service.changeBlacklist(add('other'))).rejects.toMatchObject({ code: 14 });
    await first.collector.close({ drainTimeoutMs: 0 });
    running.pop();
    const kept = fromJsonString(BlacklistSchema, await readFile(join(dataDir, 'blacklist.json'), 'utf8'));
    expect(kept).toMatchObject({ version: 1n, entries: [{ match: { value: 'secret.used' } }] });

    const second = await start();
    expect(await publish(second.client, 'secret.used')).toMatchObject({ droppedEventCount: 1, blacklistVersion: 1n });
    expect((await publish(second.client, 'page.viewed')).droppedEventCount).toBe(0);
    await expect(second.service.listBlacklistChanges({})).rejects.toMatchObject({ code: 14 });
  });

  it('that lost changes, the version goes on from the highest that a collector knows', {
    timeout: 120_000,
  }, async () => {
    const { client, collector } = await runCollector({ warehouseUrl: warehouse.url });
    const service = blacklistClient(collector.grpcAddress);
    for (const name of ['a.used', 'b.used', 'c.used']) await service.changeBlacklist(add(name));
    // As a restore from before the first change would leave it.
    await warehouse.sql('TRUNCATE TABLE telemetry.blacklist_change');
    const versions = new Set<bigint>();
    const deadlineMs = performance.now() + 3_000;
    // Longer than two looks at the warehouse take.
    await eventually(async () => {
      const ack = await publish(client, 'a.used');
      versions.add(ack.blacklistVersion);
      expect(ack.droppedEventCount).toBe(1);
      return performance.now() > deadlineMs ? true : undefined;
    }, ENFORCED_WITHIN_MS);
    expect([...versions]).toEqual([3n]);
    const { blacklist } = await service.changeBlacklist(add('d.used'));
    expect(blacklist).toMatchObject({ version: 4n, entries: [{ match: { value: 'd.used' } }] });
    const other = await runCollector({ warehouseUrl: warehouse.url });
    expect(await publish(other.client, 'd.used')).toMatchObject({ droppedEventCount: 1, blacklistVersion: 4n });
  });

  it('a change that is written twice counts once', async () => {
    const { collector } = await runCollector({ warehouseUrl: warehouse.url });
    const service = blacklistClient(collector.grpcAddress);
    await service.changeBlacklist(add('a.used'));
    const change = { id: 'twice', changedBy: 'x', reason: 'x', added: [], removedIds: [], versionOffset: 0 };
    for (let time = 0; time < 3; time++) await appendBlacklistChange(sql, change, AbortSignal.timeout(10_000));
    const { blacklist } = await service.changeBlacklist(add('b.used'));
    expect(blacklist?.version).toBe(3n);
  });
});
