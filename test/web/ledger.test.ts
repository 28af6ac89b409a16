import { Outcome } from '@telemetry/gen';
import { expect, it, onTestFinished } from 'vitest';
import { banName, keepList, listOf } from '../blacklist/support/lists.ts';
import { batch, event, gzipRequest, plainRequest, serialize } from '../collector/support/batches.ts';
import type { RawClient } from '../collector/support/raw-client.ts';
import { tempFolder } from '../collector/support/temp-folder.ts';
import { eventually } from '../support/eventually.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { freshBatch, freshJson } from './support/requests.ts';
import { fetchMetrics, freePort, metric, runWebCollector } from './support/web-collector.ts';

const timeUnixUs = () => BigInt(Date.now()) * 1000n;

/** Where the events of a product are, by the metrics. */
async function ledgerOf(url: string, product: string) {
  const metrics = await fetchMetrics(url);
  const total = (account: string) => metric(metrics, `telemetry_events_${account}_total`, { product });
  return {
    received: total('received'),
    recovered: total('recovered'),
    stored: total('stored'),
    duplicate: total('duplicate'),
    rejected: total('rejected'),
    dropped: total('dropped'),
    deferred: total('deferred'),
    quarantined: total('quarantined'),
    spooled: metric(metrics, 'telemetry_events_spooled', { product }),
    pending: metric(metrics, 'telemetry_events_pending', { product }),
  };
}

function expectBalance({ received, recovered, ...rest }: Awaited<ReturnType<typeof ledgerOf>>): void {
  expect(Object.values(rest).reduce((sum, count) => sum + count, 0)).toBe(received + recovered);
}

/** Starts a warehouse on the port. */
async function startWarehouse(port: number): Promise<WarehouseProcess> {
  const warehouse = await WarehouseProcess.start({ address: `127.0.0.1:${port}` });
  onTestFinished(() => warehouse.remove());
  return warehouse;
}

/** Traffic of every kind. What became of it is written beside each. */
async function sendAll(client: RawClient, url: string): Promise<void> {
  const first = plainRequest(serialize(freshBatch('editor', 10)));
  await client.publish(first); // editor: 10 accepted
  expect((await client.publish(first)).outcome).toBe(Outcome.DUPLICATE); // editor: 10 duplicate
  await client.publish(gzipRequest(serialize(freshBatch('viewer', 5)))); // viewer: 5 accepted

  const stray = [
    event(1, { timeUnixUs: timeUnixUs() }),
    event(2, { timeUnixUs: 1n }),
    event(3, { name: '', timeUnixUs: timeUnixUs() }),
  ];
  const partial = { ...freshBatch('editor'), events: batch({ events: stray }).events };
  expect((await client.publish(plainRequest(serialize(partial)))).droppedEventCount).toBe(2); // editor: 1 accepted, 2 dropped

  const banned = [event(1, { timeUnixUs: timeUnixUs() }), event(2, { name: 'secret.used', timeUnixUs: timeUnixUs() })];
  const listed = { ...freshBatch('viewer'), events: batch({ events: banned }).events };
  expect((await client.publish(gzipRequest(serialize(listed)))).droppedEventCount).toBe(1); // viewer: 1 accepted, 1 dropped

  const conflict = freshBatch('editor', 4);
  await client.publish(plainRequest(serialize(conflict))); // editor: 4 accepted
  const longer = { ...conflict, events: freshBatch('editor', 6).events };
  await client.publishRefused(plainRequest(serialize(longer))); // editor: 6 rejected
  const old = { ...freshBatch('viewer'), events: batch({ events: [event(1, { timeUnixUs: 1n })] }).events };
  await client.publishRefused(plainRequest(serialize(old))); // viewer: 1 rejected
  await client.publishRefused(Buffer.from('garbage')); // unknown: no events
  await client.publishRefused(plainRequest(serialize({ ...freshBatch('editor'), producerId: new Uint8Array(3) })));

  const headers = { 'Content-Type': 'application/json' };
  const path = '/telemetry.v1.CollectorService/Publish';
  const answer = await fetch(url + path, { method: 'POST', headers, body: freshJson('web "app"\n') });
  expect(answer.status).toBe(200); // web "app": 1 accepted
}

it('the ledger balances by product, before and after loading, and agrees with the warehouse', async () => {
  const port = await freePort();
  const dataDir = await tempFolder();
  await keepList(dataDir, listOf([banName('secret.used')], 3));
  const { client, url } = await runWebCollector({ dataDir, warehouseUrl: `http://127.0.0.1:${port}` });
  await sendAll(client, url);

  const none = { recovered: 0, stored: 0, deferred: 0, quarantined: 0, pending: 0 };
  const editor = { ...none, received: 33, duplicate: 10, rejected: 6, dropped: 2, spooled: 15 };
  const viewer = { ...none, received: 8, duplicate: 0, rejected: 1, dropped: 1, spooled: 6 };
  const web = { ...none, received: 1, duplicate: 0, rejected: 0, dropped: 0, spooled: 1 };
  for (const [product, expected] of Object.entries({ editor, viewer, 'web "app"\n': web })) {
    const ledger = await ledgerOf(url, product);
    expect(ledger).toEqual(expected);
    expectBalance(ledger);
  }
  const before = await fetchMetrics(url);
  const dropped = (reason: string) => metric(before, 'telemetry_events_dropped_total', { reason });
  expect([dropped('time_out_of_range'), dropped('invalid'), dropped('blacklisted')]).toEqual([1, 1, 1]);
  const rejected = (reason: string) => metric(before, 'telemetry_batches_rejected_total', { reason });
  expect(['sequence_conflict', 'time_out_of_range', 'malformed', 'bad_producer_id'].map(rejected)).toEqual([
    1, 1, 1, 1,
  ]);
  expect(metric(before, 'telemetry_batches_total')).toBe(11);
  expect(metric(before, 'telemetry_ack_seconds_count')).toBe(11);
  expect(metric(before, 'telemetry_commit_batches_sum')).toBe(6);
  expect(metric(before, 'telemetry_blacklist_version')).toBe(3);

  // Nothing listens there yet, which the loader finds out when the first segment has closed.
  await eventually(async () => {
    const failed = metric(await fetchMetrics(url), 'telemetry_loads_total', { result: 'failed' }) ?? 0;
    return failed > 0 ? true : undefined;
  }, 20_000);
  const warehouse = await startWarehouse(port);
  await eventually(async () => ((await ledgerOf(url, 'editor')).spooled === 0 ? true : undefined), 40_000);
  for (const [product, expected] of Object.entries({ editor, viewer, 'web "app"\n': web })) {
    const ledger = await eventually(async () => {
      const now = await ledgerOf(url, product);
      return now.spooled === 0 ? now : undefined;
    }, 20_000);
    expect(ledger).toEqual({ ...expected, spooled: 0, stored: expected.spooled });
    expectBalance(ledger);
  }
  const counts = await warehouse.sql('SELECT product, count() FROM telemetry.events GROUP BY product ORDER BY product');
  expect(counts).toBe('editor\t15\nviewer\t6\nweb "app"\\n\t1');
  const after = await fetchMetrics(url);
  expect(metric(after, 'telemetry_spool_bytes')).toBe(0);
  expect(metric(after, 'telemetry_loads_total', { result: 'loaded' })).toBeGreaterThan(0);
  expect(metric(after, 'telemetry_loads_total', { result: 'failed' })).toBeGreaterThan(0);
  expect(metric(after, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
});

it('what an earlier life spooled is counted by its product', async () => {
  const port = await freePort();
  const dataDir = await tempFolder();
  const warehouseUrl = `http://127.0.0.1:${port}`;
  const first = await runWebCollector({ dataDir, warehouseUrl });
  await first.client.publish(plainRequest(serialize(freshBatch('editor', 3))));
  await first.client.publish(gzipRequest(serialize(freshBatch('viewer', 4))));
  await first.collector.close({ drainTimeoutMs: 0 });

  const { url } = await runWebCollector({ dataDir, warehouseUrl });
  expect(await ledgerOf(url, 'editor')).toMatchObject({ received: 0, recovered: 3, spooled: 3, stored: 0 });
  expect(await ledgerOf(url, 'viewer')).toMatchObject({ received: 0, recovered: 4, spooled: 4, stored: 0 });
  await startWarehouse(port);
  const stored = await eventually(async () => {
    const [editor, viewer] = [await ledgerOf(url, 'editor'), await ledgerOf(url, 'viewer')];
    return editor.stored === 3 && viewer.stored === 4 ? [editor, viewer] : undefined;
  }, 40_000);
  for (const ledger of stored) expectBalance(ledger);
});
