import { expect } from 'vitest';
import { checkRound } from '../../crash/check-round.ts';
import type { CrashBatch } from '../../crash/crash-batch.ts';
import type { FaultSystem } from './fault-system.ts';
import { untilDrained } from './until-drained.ts';

/** Once all is loaded, every acknowledged event is stored once, in raw, ledger and rollups. Returns how many are. */
export async function expectStoredOnce(
  system: FaultSystem,
  product: string,
  batches: readonly CrashBatch[],
): Promise<number> {
  await untilDrained(system);
  const { storedEvents, findings } = await checkRound(system.reader, product, batches);
  expect(findings).toEqual([]);
  return storedEvents;
}
