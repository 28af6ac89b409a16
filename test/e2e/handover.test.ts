import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@clickhouse/client';
import { createTelemetry } from '@telemetry/client';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/telemetry-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const events = 2_000;

test('serve hands heavy batches over by a folder, and waits for it where it is away', { timeout: 60_000 }, async () => {
  const served = await serve(temporaryFolder());
  const handover = join(served.dataDir, 'warehouse', 'tmp', 'handover');
  const client = createClient({ url: served.sqlUrl });
  onTestFinished(() => client.close());
  rmdirSync(handover);
  const telemetry = createTelemetry({
    product: { name: 'handed' },
    user: { id: 'u' },
    audience: 'internal',
    endpoint: served.grpcAddress,
    store: 'memory',
  });
  for (let number = 0; number < events; number++) telemetry.featureUsed('save', { durationMs: number });
  expect(await telemetry.shutdown({ timeoutMs: 10_000 })).toMatchObject({ acknowledged: events });
  await eventually(
    () => (served.log().includes(handover) ? true : undefined),
    20_000,
    () => `nothing was said of the folder: ${served.log()}`,
  );
  const stored = async () => {
    const result = await client.query({
      query: "SELECT count() AS n FROM telemetry.events WHERE product = 'handed'",
      format: 'JSONEachRow',
    });
    return Number((await result.json<{ n: string }>())[0]?.n);
  };
  expect(await stored()).toBe(0);
  mkdirSync(handover);
  await eventually(async () => ((await stored()) === events ? true : undefined), 30_000);
  expect(readdirSync(handover)).toEqual([]);
});
