import { placesKeptFree, storeRoomPollMs, storeRoomTimeoutMs } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { StoreBackend } from './store-backend.ts';

/**
 * Waits until every folder has room for one more file, or `storeRoomTimeoutMs`. The uploader makes room, which may be another process: it looks
 * once a second. Resolves with what is in the folders then.
 */
export async function waitForRoom(
  backend: StoreBackend,
  platform: Platform,
  folders: readonly string[],
  filesMax: number,
  wakeUploader: () => void,
): Promise<readonly (readonly string[])[]> {
  const deadlineMs = platform.monotonicMs() + storeRoomTimeoutMs;
  for (;;) {
    const listed = await listAll(backend, folders);
    if (listed.every((names) => names.length < filesMax) || platform.monotonicMs() >= deadlineMs) {
      return listed;
    }
    wakeUploader();
    await new Promise<void>((resolve) => platform.setTimer(resolve, storeRoomPollMs, true));
  }
}

/** Names of the files in each folder. */
export function listAll(backend: StoreBackend, folders: readonly string[]): Promise<string[][]> {
  return Promise.all(folders.map((folder) => backend.list(folder)));
}

/**
 * Whether a folder has as many files as it may that were sent, so that nobody knows whether they arrived, and that nobody may drop therefore. A page
 * leaves such a file each time that it ends, and where nothing gets through, a blocker of the browser being in the way, no answer ever comes.
 */
export function isFullOfSent(listed: readonly (readonly string[])[], filesMax: number): boolean {
  // Beside them is the file that declares what found no place.
  const sentMax = filesMax - placesKeptFree - 1;
  return listed.some((names) => names.filter((name) => name.endsWith('.sent')).length >= sentMax);
}
