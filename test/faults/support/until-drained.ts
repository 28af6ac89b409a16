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
