import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StatusReport } from '../../collector/src/status/status-report.ts';
import { plainRequest, serialize } from '../collector/support/batches.ts';
import { eventually } from '../support/eventually.ts';
import { serve, telemetry } from '../support/telemetry-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { freshBatch, freshJson } from './support/requests.ts';
import { freePort, runWebCollector } from './support/web-collector.ts';

describe('telemetry status', () => {
  it('says that all is well, by the real processes', async () => {
    const served = await serve(join(temporaryFolder(), 'data'));
    expect(served.webAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    const url = `http://${served.webAddress}/telemetry.v1.CollectorService/Publish`;
    const headers = { 'Content-Type': 'application/json' };
    const body = freshJson('editor');
    for (let copy = 0; copy < 2; copy++) expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
    const args = ['status', '--web-address', served.webAddress, '--sql-address', served.sqlAddress];
    const report = await eventually(async () => {
      const { code, stdout } = await telemetry([...args, '--json']);
      expect(code).toBe(0);
      expect(stdout.trimEnd().split('\n')).toHaveLength(1);
      const parsed = JSON.parse(stdout) as StatusReport;
      return parsed.products[0]?.stored === 1 ? parsed : undefined;
    }, 30_000);
    expect(report).toMatchObject({ ready: true, reasons: [], spool_bytes: 0, segments_waiting: 0 });
    expect(report.warehouse).toMatchObject({ reachable: true, error: null });
    expect(report.products).toEqual([
      {
        product: 'editor',
        received: 2,
        recovered: 0,
        stored: 1,
        spooled: 0,
        duplicate: 1,
        rejected: 0,
        dropped: 0,
        deferred: 0,
        quarantined: 0,
        pending: 0,
        balanced: true,
      },
    ]);
    const { code, stdout } = await telemetry(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^collector +ready, version /m);
    expect(stdout).toMatch(/^warehouse +answers, version /m);
    expect(stdout).toMatch(/^editor +2 +0 +1 +0 +1 .*balances$/m);

    // A collector that is started again takes the same port.
    const pid = served.pidOf('collector');
    process.kill(pid, 'SIGKILL');
    await eventually(async () => {
      const again = await telemetry([...args, '--json']);
      return again.code === 0 && served.pidOf('collector') !== pid ? true : undefined;
    }, 40_000);
  });

  it('says why the collector is not ready, and that the warehouse does not answer', async () => {
    const { webAddress, client } = await runWebCollector({ loaderLagMsMax: 1 });
    await client.publish(plainRequest(serialize(freshBatch())));
    const sqlAddress = `127.0.0.1:${await freePort()}`;
    const args = ['status', '--web-address', webAddress, '--sql-address', sqlAddress];
    const { stdout } = await eventually(async () => {
      const result = await telemetry(args);
      return result.code === 1 ? result : undefined;
    }, 30_000);
    expect(stdout).toMatch(/^collector +NOT READY/m);
    expect(stdout).toContain('A segment has waited');
    expect(stdout).toMatch(/^warehouse +DOES NOT ANSWER: .*telemetry serve/m);
  });

  it('says what to do when nobody answers', async () => {
    const webAddress = `127.0.0.1:${await freePort()}`;
    const { code, stderr, stdout } = await telemetry(['status', '--web-address', webAddress]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/No collector answers at http:\/\/127.*telemetry serve.*--web-address/);
  });
});
