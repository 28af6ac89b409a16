import { storeRoomPollMs, storeRoomTimeoutMs } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { StoreBackend } from './store-backend.ts';

/**
 * Waits while a folder has more files than it may, for at most `storeRoomTimeoutMs`. The uploader drops the oldest then, which may be another
 * process: it looks once a second. At the limit nobody waits: it is the next file that makes the uploader drop one.
 */
export async function waitForRoom(
  backend: StoreBackend,
  platform: Platform,
  folders: readonly string[],
  filesMax: number,
  wakeUploader: () => void,
): Promise<void> {
  const deadlineMs = platform.monotonicMs() + storeRoomTimeoutMs;
  for (;;) {
    const counts = await Promise.all(folders.map((folder) => backend.list(folder)));
    if (counts.every((names) => names.length <= filesMax) || platform.monotonicMs() >= deadlineMs) {
      return;
    }
    wakeUploader();
    await new Promise<void>((resolve) => platform.setTimer(resolve, storeRoomPollMs, true));
  }
}
