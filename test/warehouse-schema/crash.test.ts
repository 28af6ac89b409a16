import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { expect, test } from 'vitest';
import { announceSegment, migrate } from '../../warehouse/src/index.ts';
import { EngineProcess } from './support/engine-process.ts';
import { randomFrom } from './support/random.ts';
import { load as loadBytes } from './support/segment.ts';
import { type TalliedSegment, Tally, tallyOf } from './support/tally.ts';
import { TempDir } from './support/temp-dir.ts';

const crashes = 8;
const batchesPerSegment = 2_000;
/** Longer than a load of these segments takes, so that some kills come in it, some before and some after. */
const killWithinMs = 250;

/** As the collector does: the ledger first. */
async function load(client: ClickHouseClient, { token, bytes, ledgerRows }: TalliedSegment): Promise<void> {
  const { signal } = new AbortController();
  await announceSegment(client, { segmentId: token, rows: ledgerRows, timeoutMs: 30_000, signal });
  await loadBytes(client, token, bytes);
}

test('SIGKILL in mid-load, then the same segment again: every table is exact', { timeout: 180_000 }, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomFrom(seed);
  using directory = new TempDir();
  const tally = new Tally();
  let inTheMiddle = 0;
  for (let round = 0; round < crashes; round += 1) {
    await using engine = await EngineProcess.start(directory.path);
    await migrate(engine.client);
    expect(await tallyOf(engine.client), `seed ${seed}, before round ${round}`).toEqual(tally.expected);
    await load(engine.client, tally.segment(`whole-${round}`, 100, random));
    const segment = tally.segment(`killed-${round}`, batchesPerSegment, random);
    const loading = load(engine.client, segment).then(
      () => 'loaded',
      () => 'failed',
    );
    await delay(random() * killWithinMs);
    await engine.kill();
    if ((await loading) === 'failed') inTheMiddle += 1;
    await using revived = await EngineProcess.start(directory.path);
    await load(revived.client, segment);
    expect(await tallyOf(revived.client), `seed ${seed}, round ${round}`).toEqual(tally.expected);
    // And a segment that came in before, as a collector that lost its own memory would send it.
    await load(revived.client, segment);
    expect(await tallyOf(revived.client), `seed ${seed}, again ${round}`).toEqual(tally.expected);
  }
  expect(inTheMiddle, `seed ${seed}: no kill came before the end of its load`).toBeGreaterThan(0);
});

test.each(['events', 'batch_ledger', 'dropped', 'event_day', 'feature_day'])(
  'a crash between noting the token and placing the part of %s loses nothing',
  async (table) => {
    using directory = new TempDir();
    const tally = new Tally();
    const random = randomFrom(1);
    const segment = tally.segment('segment', 50, random);
    let tablePath = '';
    {
      await using engine = await EngineProcess.start(directory.path);
      await migrate(engine.client);
      await load(engine.client, segment);
      const result = await engine.client.query({
        query: `SELECT data_paths[1] AS path FROM system.tables WHERE database = 'telemetry' AND name = '${table}'`,
        format: 'JSONEachRow',
      });
      tablePath = (await result.json<{ path: string }>())[0]?.path ?? '';
    }
    // What is on disk after such a crash: the record, and no part.
    const parts = globSync('*_*_*_*', { cwd: tablePath });
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts) rmSync(join(tablePath, part), { recursive: true });
    await using revived = await EngineProcess.start(directory.path);
    expect(revived.repaired).toHaveLength(parts.length);
    await load(revived.client, segment);
    expect(await tallyOf(revived.client)).toEqual(tally.expected);
  },
);
