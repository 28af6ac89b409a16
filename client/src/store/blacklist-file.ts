import type { BlacklistStore } from '../blacklist-source.ts';
import type { StoreBackend } from './store-backend.ts';

const path = 'state/blacklist';

/**
 * The last good blacklist, beside the batches.
 *
 * @param isReady resolves whether the store can be used, once that is known: before, what lies there may be somebody else's
 */
export function blacklistFile(backend: StoreBackend, isReady: () => Promise<boolean>): BlacklistStore {
  return {
    read: async () => ((await isReady()) ? backend.read(path) : undefined),
    write: async (bytes) => ((await isReady()) ? backend.write(bytes, path) : undefined),
  };
}
