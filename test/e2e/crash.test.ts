import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { writeSequenceFile } from '../support/sequence-file.ts';
import { type Served, serve, telemetry } from '../support/telemetry-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const users = 60_000;
const recoveryTimeoutMs = 60_000;

async function killAndAwaitNext(served: Served, service: 'collector' | 'warehouse'): Promise<void> {
  const pid = served.pidOf(service);
  process.kill(pid, 'SIGKILL');
  await eventually(
    () => {
      try {
        return served.pidOf(service) === pid ? undefined : true;
      } catch {
        // The lock's text is being written at this moment.
        return undefined;
      }
    },
    recoveryTimeoutMs,
    () => `no new ${service}: ${served.log()}`,
  );
}

test('SIGKILL of the collector and of the warehouse in mid-replay changes no number', {
  timeout: 240_000,
}, async () => {
  const seed = Number(process.env.TELEMETRY_TEST_SEED ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const folder = temporaryFolder();
  const file = join(folder, 'views.seq');
  const { source, expected } = writeSequenceFile(file, users, seed);
  console.info(`crash test: ${users} users of ${source}; repeat it with TELEMETRY_TEST_SEED=${seed}`);
  const served = await serve(join(folder, 'data'));
  const client = createClient({ url: served.sqlUrl, log: { level: 127 } });
  onTestFinished(() => client.close());
  const one = async (sql: string): Promise<number> => {
    const result = await client.query({ query: sql, format: 'JSONCompact' });
    return Number((await result.json<[unknown]>()).data[0]?.[0]);
  };
  const eventsTotal = expected.reduce((sum, row) => sum + row.events, 0);

  const replayArguments = [
    'replay',
    file,
    '--json',
    '--grpc-address',
    served.grpcAddress,
    '--producer-seed',
    `crash-${seed}`,
  ];
  let isReplaying = true;
  const replay = telemetry(replayArguments).finally(() => {
    isReplaying = false;
  });
  let kills = 0;
  for (const service of ['collector', 'warehouse', 'collector', 'warehouse'] as const) {
    // A random moment, not a wait for something: whatever runs then is what is killed.
    await setTimeout(200 + random() * 800);
    if (!isReplaying) break;
    await killAndAwaitNext(served, service);
    kills++;
  }
  const { code, stdout, stderr } = await replay;
  expect(code, stderr).toBe(0);
  expect(kills, 'the replay ended before anything was killed').toBeGreaterThanOrEqual(2);
  const summary = JSON.parse(stdout) as Record<string, number>;
  expect(summary).toMatchObject({ users, events: eventsTotal, rejected: 0 });

  const features = async () =>
    JSON.parse((await telemetry(['features', '--json', '--sql-address', served.sqlAddress])).stdout) as unknown;
  await eventually(
    async () => ((await one('SELECT count() FROM telemetry.events').catch(() => 0)) >= eventsTotal ? true : undefined),
    recoveryTimeoutMs,
    () => `the events do not arrive: ${served.log()}`,
  );
  expect(await features()).toEqual(expected);
  expect(await one('SELECT count() FROM telemetry.events')).toBe(eventsTotal);
  expect(await one('SELECT uniqExact(producer_id, seq) FROM telemetry.events')).toBe(eventsTotal);
  expect(await one('SELECT sum(event_count) FROM telemetry.batch_ledger')).toBe(eventsTotal);

  const again = JSON.parse((await telemetry(replayArguments)).stdout) as Record<string, number>;
  expect(again).toMatchObject({ users, duplicates: summary.batches, rejected: 0 });
  // Stopping loads all that is spooled, so that a duplicate that was let through would show.
  expect(await served.stop()).toBe(0);
  const reopened = await serve(join(folder, 'data'));
  const counts = JSON.parse(
    (await telemetry(['features', '--json', '--sql-address', reopened.sqlAddress])).stdout,
  ) as unknown;
  expect(counts).toEqual(expected);
});
