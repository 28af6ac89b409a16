import { randomBytes } from 'node:crypto';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { batch, event, plainRequest, serialize } from '../collector/support/batches.ts';
import type { RawClient } from '../collector/support/raw-client.ts';
import { smallDisk } from '../collector/support/small-disk.ts';
import { eventually } from '../support/eventually.ts';
import { WarehouseProcess } from '../warehouse/support/warehouse-process.ts';
import { freshBatch } from './support/requests.ts';
import { fetchMetrics, freePort, metric, runWebCollector } from './support/web-collector.ts';

const MIB = 1024 * 1024;
/** `HealthCheckResponse.status`: SERVING. */
const SERVING = 1;

/** What `/readyz` and the stock health service say. */
async function readiness(url: string, client: RawClient) {
  const answer = await fetch(`${url}/readyz`);
  const body = (await answer.json()) as { ready: boolean; reasons: { code: string; message: string }[] };
  const health = await client.call('/grpc.health.v1.Health/Check', new Uint8Array(0));
  return {
    status: answer.status,
    ready: body.ready,
    codes: body.reasons.map(({ code }) => code),
    isServing: health[1] === SERVING,
  };
}

const READY = { status: 200, ready: true, codes: [], isServing: true };

async function untilReadiness(url: string, client: RawClient, codes: readonly string[]): Promise<void> {
  const isReady = codes.length === 0;
  const expected = { status: isReady ? 200 : 503, ready: isReady, codes, isServing: isReady };
  let last: unknown;
  await eventually(
    async () => {
      last = await readiness(url, client);
      return JSON.stringify(last) === JSON.stringify(expected) ? true : undefined;
    },
    40_000,
    () => JSON.stringify(last),
  );
}

/** A batch of nearly the largest size that does not compress. */
function bulk(): Uint8Array {
  const text = randomBytes(3_000).toString('base64');
  const timeUnixUs = BigInt(Date.now()) * 1000n;
  const events = Array.from({ length: 60 }, (_, index) => event(index + 1, { timeUnixUs, properties: { text } }));
  const base = freshBatch('bulk');
  return plainRequest(serialize({ ...base, events: batch({ events }).events }));
}

it('is not ready while the spool is nearly full, and again when the warehouse has taken it', async () => {
  const port = await freePort();
  const { url, client, collector } = await runWebCollector({
    warehouseUrl: `http://127.0.0.1:${port}`,
    spoolSizeBytesMax: 2 * MIB,
  });
  expect(await readiness(url, client)).toEqual(READY);
  for (let sent = 0; collector.counts.deferred === 0 && sent < 100; sent++)
    await client.publish(bulk()).catch(() => {});
  expect(collector.counts.deferred).toBe(1);
  await untilReadiness(url, client, ['spool_nearly_full']);
  const metrics = await fetchMetrics(url);
  expect(metric(metrics, 'telemetry_ready')).toBe(0);
  expect(metric(metrics, 'telemetry_spool_bytes')).toBeGreaterThan(1.8 * MIB);
  expect(metric(metrics, 'telemetry_batches_deferred_total', { reason: 'overloaded' })).toBe(1);

  const warehouse = await WarehouseProcess.start({ address: `127.0.0.1:${port}` });
  onTestFinished(() => warehouse.remove());
  await untilReadiness(url, client, []);
  await client.publish(bulk());
});

it('is not ready while the loader lags', async () => {
  const { url, client } = await runWebCollector({ loaderLagMsMax: 500 });
  await client.publish(plainRequest(serialize(freshBatch())));
  await untilReadiness(url, client, ['loader_lags']);
  expect(metric(await fetchMetrics(url), 'telemetry_segments_waiting')).toBe(1);
});

it('is not ready on a full disk, and again when there is room, though nobody sends any more', async (context) => {
  const disk = await smallDisk('size=512k');
  if ('reason' in disk) return context.skip(disk.reason);
  const { url, client } = await runWebCollector({ dataDir: join(disk.path, 'data') });
  await client.publish(plainRequest(serialize(freshBatch())));
  const ballast = join(disk.path, 'ballast');
  const { bsize, bavail } = await statfs(disk.path);
  await writeFile(ballast, Buffer.alloc(bsize * bavail));
  await client.publishRefused(bulk());
  await untilReadiness(url, client, ['disk_not_writable']);
  expect(metric(await fetchMetrics(url), 'telemetry_commit_failures_total')).toBeGreaterThan(0);
  await rm(ballast);
  await untilReadiness(url, client, []);
});

it('is alive and not ready while it stops', async () => {
  const port = await freePort();
  const { url, client, collector } = await runWebCollector({ warehouseUrl: `http://127.0.0.1:${port}` });
  await client.publish(plainRequest(serialize(freshBatch())));
  // The warehouse is down, so that the drain takes its time.
  const closed = collector.close({ drainTimeoutMs: 4_000 });
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ ready: false, reasons: [{ code: 'stopping' }] });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(await closed).toEqual({ drained: false });
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});
