import { createClient } from '@clickhouse/client';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Campaign } from './campaign.ts';
import type { RoundResult } from './round-report.ts';

const batchesPerRound = 120;

function expectWork(result: RoundResult): void {
  expect(result.acked + result.abandoned).toBe(batchesPerRound);
  expect(result.storedEvents).toBeGreaterThan(0);
  expect(Object.values(result.kills).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(2);
}

async function startCampaign(collectors: number): Promise<{ campaign: Campaign; seed: number; sqlUrl: string }> {
  const seed = Number(process.env.TELEMETRY_TEST_SEED ?? Date.now() % 1_000_000);
  console.info(
    `crash campaign: repeat it with TELEMETRY_TEST_SEED=${seed}, or npm run crash -- --seed ${seed} --collectors ${collectors}`,
  );
  const { signal } = new AbortController();
  const campaign = new Campaign({ folder: temporaryFolder(), collectors, batchesPerRound, signal });
  onTestFinished(() => campaign.kill());
  return { campaign, seed, sqlUrl: await campaign.start() };
}

test('a short crash campaign balances, and finds what is spoilt after its round', { timeout: 240_000 }, async () => {
  const { campaign, seed, sqlUrl } = await startCampaign(1);
  const clean = await campaign.round(1, seed);
  expect(clean.findings).toEqual([]);
  expectWork(clean);

  const client = createClient({ url: sqlUrl });
  onTestFinished(() => client.close());
  // One event twice, as a second load would leave it.
  await client.command({ query: 'INSERT INTO telemetry.events SELECT * FROM telemetry.events LIMIT 1' });
  const next = await campaign.round(2, seed + 1);
  expect(next.findings).toEqual([expect.stringContaining('checked before: totals were')]);
  expectWork(next);
  await campaign.stop();
});

test('so does one with resends to a second collector', { timeout: 240_000 }, async () => {
  const { campaign, seed } = await startCampaign(2);
  for (const round of [1, 2]) {
    const result = await campaign.round(round, seed + round - 1);
    expect(result.findings).toEqual([]);
    expectWork(result);
  }
  await campaign.stop();
});
