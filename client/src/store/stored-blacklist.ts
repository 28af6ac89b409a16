import type { BlacklistStore } from '../blacklist-source.ts';
import type { StoreBackend } from './store-backend.ts';

const path = 'state/blacklist';

/** Keeps the blacklist beside the batches, once the store is known to be ours. */
export function storedBlacklist(backend: StoreBackend, isOurs: () => Promise<boolean>): BlacklistStore {
  return {
    read: async () => ((await isOurs()) ? backend.read(path) : undefined),
    write: async (bytes) => ((await isOurs()) ? backend.write(bytes, path) : undefined),
  };
}
