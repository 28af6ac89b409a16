import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new folder that is removed when the test has finished, or when `whenFinished` says. */
export function temporaryFolder(whenFinished: (remove: () => void) => unknown = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-test-'));
  whenFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
