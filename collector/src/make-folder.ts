import { makePrivateFolder } from '@telemetry/warehouse';
import { StartError } from './start-error.ts';

/** The deepest of the collector's folders: `spool/careful/…`. */
const LEVELS = 3;

/** Makes the data directory with what is missing above it, private to its user. Throws `StartError` when that is not possible. */
export function makeFolder(folder: string): void {
  try {
    makePrivateFolder(folder, LEVELS);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `TELEMETRY_DATA_DIR / --data-dir: ${folder} cannot be used (${detail}). Choose a folder that you may write to.`,
      cause,
    );
  }
}
