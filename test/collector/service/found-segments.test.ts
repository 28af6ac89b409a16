import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { startCollector } from '../../../collector/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { WarehouseProcess } from '../../warehouse/support/warehouse-process.ts';
import { rows } from '../../warehouse-schema/support/rows.ts';
import { batch, event, plainRequest, serialize } from '../support/batches.ts';
import { collectorOptions } from '../support/collector.ts';
import { RawClient } from '../support/raw-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('what the spool finds at a start is loaded once the spool is open, however long that takes', async () => {
  const warehouse = await WarehouseProcess.start();
  const client = warehouse.client();
  onTestFinished(async () => {
    await client.close();
    await warehouse.remove();
  });
  const dataDir = await tempFolder();
  const earlier = await startCollector(collectorOptions(dataDir));
  const publisher = new RawClient(earlier.grpcAddress);
  const timeUnixUs = BigInt(Date.now()) * 1000n;
  const events = [1, 2, 3].map((seq) => event(seq, { timeUnixUs }));
  await publisher.publish(plainRequest(serialize(batch({ producerId: randomBytes(16), events }))));
  publisher.close();
  await earlier.close({ drainTimeoutMs: 0 });
  // Whoever opens it waits until somebody writes: so long is the other half of the spool not open.
  const slow = join(
    dataDir,
    'spool/resent/segments',
    `${Date.now()}-00000001-${randomBytes(6).toString('hex')}.segment.gz`,
  );
  execFileSync('mkfifo', [slow]);

  const told: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void told.push(line) });
  const starting = startCollector({ ...collectorOptions(dataDir), warehouseUrl: warehouse.url, logger });
  const count = async (sql: string) => Number((await rows(client, sql))[0]?.['n']);
  await eventually(async () => {
    const known = await count(
      "SELECT count() AS n FROM system.tables WHERE database = 'telemetry' AND name = 'collector'",
    );
    return known > 0 && (await count('SELECT count() AS n FROM telemetry.collector')) > 0 ? true : undefined;
  }, 30_000);
  // The warehouse would have answered a load by now.
  for (let query = 0; query < 10; query++) await count('SELECT sleep(0.1) AS n');
  expect(await count('SELECT count() AS n FROM telemetry.events')).toBe(0);

  await (await open(slow, 'w')).close();
  const collector = await starting;
  onTestFinished(() => collector.close({ drainTimeoutMs: 0 }).then(() => {}));
  await eventually(
    async () => ((await count('SELECT count() AS n FROM telemetry.events')) === 3 ? true : undefined),
    30_000,
  );
  expect(told.filter((line) => line.includes('load failed'))).toStrictEqual([]);
});
