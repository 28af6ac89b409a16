import { expect, test } from 'vitest';
import { createSystem } from '../support/create-system.ts';
import { faultSeed } from '../support/make-fault-batches.ts';
import { garbageKinds } from './garbage-kinds.ts';
import { sendGarbage } from './garbage-run.ts';

const seconds = 10;

test('garbage on every port costs bounded memory, and harms nobody', { timeout: 90_000 }, async () => {
  const seed = faultSeed('garbage');
  const system = await createSystem();
  await system.start('warehouse', 'collector');
  const result = await sendGarbage(system, { seed, seconds });
  console.info(`garbage: ${JSON.stringify(result.pieces)}, collector ${result.collectorPeakMib} MiB at most`);
  expect(result.findings).toEqual([]);
  expect(Object.keys(result.pieces).sort()).toEqual(Object.keys(garbageKinds).sort());
  expect(result.goodEvents).toBeGreaterThan(100);
  await system.untilReadiness([]);
  await system.stop('collector');
  await system.stop('warehouse');
});
