import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ClientCampaign } from './client-campaign.ts';
import type { RoundResult } from './round-report.ts';

const roundSize = { slots: 3, livesPerSlot: 3, lifeMsMax: 700 };
const crowdProcesses = 8;
const crowdSeconds = 12;

function expectWork({ ledgers, received, tally }: RoundResult): void {
  expect(ledgers.reduce((sum, { stored }) => sum + stored, 0)).toBeGreaterThan(0);
  expect(received).toBeGreaterThan(0);
  expect([...tally.endings.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(roundSize.slots);
}

test('a short campaign balances: rounds of kills, and eight processes before a receiver that is never well', {
  timeout: 300_000,
}, async () => {
  const seed = Number(process.env.TELEMETRY_TEST_SEED ?? Date.now() % 1_000_000);
  console.info(
    `client crash campaign: repeat it with TELEMETRY_TEST_SEED=${seed}, or npm run crash:client -- --seed ${seed}`,
  );
  const campaign = new ClientCampaign(temporaryFolder(), new AbortController().signal);
  onTestFinished(() => campaign.kill());
  await campaign.start(seed);
  for (const round of [1, 2]) {
    const result = await campaign.round(round, seed + round - 1, roundSize);
    expect(result.findings).toEqual([]);
    expectWork(result);
  }
  const crowd = await campaign.crowd(seed + 2, crowdProcesses, crowdSeconds);
  expect(crowd.findings).toEqual([]);
  expectWork(crowd);
});
