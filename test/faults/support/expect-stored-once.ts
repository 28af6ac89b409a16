import { expect } from 'vitest';
import { checkRound } from '../../crash/check-round.ts';
import type { CrashBatch } from '../../crash/crash-batch.ts';
import { filesToLoad } from '../../crash/spool-folder.ts';
import { eventually } from '../../support/eventually.ts';
import type { FaultSystem } from './fault-system.ts';

/** Waits until nothing is left to load. */
export async function untilDrained(system: FaultSystem, timeoutMs = 60_000): Promise<void> {
  let left: readonly string[] = [];
  await eventually(
    async () => {
      system.expectAlive();
      left = await filesToLoad(system.collectorFolder);
      return left.length === 0 ? true : undefined;
    },
    timeoutMs,
    () => `not loaded: ${left.join(' ')}`,
  );
}

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
