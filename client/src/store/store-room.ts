import { storeRoomPollMs, storeRoomTimeoutMs } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { StoreBackend } from './store-backend.ts';

/**
 * Waits until every folder has room for one more file, or `storeRoomTimeoutMs`. The uploader makes room, which may be another process: it looks
 * once a second.
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
    if (counts.every((names) => names.length < filesMax) || platform.monotonicMs() >= deadlineMs) {
      return;
    }
    wakeUploader();
    await new Promise<void>((resolve) => platform.setTimer(resolve, storeRoomPollMs, true));
  }
}
