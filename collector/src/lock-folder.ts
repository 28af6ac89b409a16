import { OwnerLock, WarehouseError } from '@telemetry/warehouse';
import { StartError } from './start-error.ts';

/** Takes a folder for this process alone, by a lock that ends with the process. Throws `StartError` when another one has it. */
export async function lockFolder(folder: string): Promise<OwnerLock> {
  try {
    return OwnerLock.acquire(folder, new Date());
  } catch (cause) {
    if (cause instanceof WarehouseError) throw new StartError(cause.message, cause);
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `TELEMETRY_DATA_DIR / --data-dir: ${folder} cannot be used (${detail}). Choose a folder that you may write to.`,
      cause,
    );
  }
}
