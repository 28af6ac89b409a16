import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { FaultSystem, type FaultSystemOptions } from './fault-system.ts';

/**
 * A system in a folder of its own, which ends with the test.
 *
 * @param whenFinished who ends it: a test by itself, `afterAll` for all of a file
 */
export async function createSystem(
  options: FaultSystemOptions = {},
  whenFinished: (end: () => Promise<void>) => unknown = onTestFinished,
): Promise<FaultSystem> {
  const folder = join(
    temporaryFolder((remove) => whenFinished(async () => remove())),
    'system',
  );
  mkdirSync(folder);
  const system = await FaultSystem.create(folder, options);
  whenFinished(() => system.kill());
  return system;
}
