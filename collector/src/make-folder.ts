import { makeFolderWithParents } from '@telemetry/warehouse';
import { StartError } from './start-error.ts';

/** Private: what users did is nobody else's business. */
const MODE = 0o700;

/** Makes the data directory with what is missing above it. Throws `StartError` when that is not possible. */
export function makeFolder(folder: string): void {
  try {
    makeFolderWithParents(folder, MODE);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `TELEMETRY_DATA_DIR / --data-dir: ${folder} cannot be used (${detail}). Choose a folder that you may write to.`,
      cause,
    );
  }
}
