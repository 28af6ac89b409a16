import type { Channel } from '../channel.ts';
import { tableCrc32 } from '../deflate/crc32.ts';
import type { DeliveryFactory } from '../delivery.ts';
import { defaultGzip } from '../gzip.ts';
import type { Platform } from '../platform.ts';
import { storedDelivery } from '../store/stored-delivery.ts';
import type { UploaderOptions } from '../uploader.ts';
import { IndexedDbBackend } from './indexed-db-backend.ts';
import type { PageScope } from './page-scope.ts';

/** What a client has that wants a store. */
export interface PageStoreContext {
  readonly product: string;
  readonly channel: Channel;
  readonly uploaderOptions: UploaderOptions;
  readonly platform: Platform;
  readonly scope: PageScope;
  /** Keeps events where the store cannot. */
  readonly instead: DeliveryFactory;
}

/** Where a page keeps what has no answer yet, beyond its own life. Made by `indexedDbStore`. */
export interface PageStore {
  /** For `createTelemetry` alone. */
  delivery(context: PageStoreContext): DeliveryFactory;
}

/**
 * Keeps events in the browser's database until a collector has answered for them: over reloads, crashes and days without a network. All pages
 * and workers of a site share it, and one of them sends. Where a browser has no database, as in some private windows, events are kept in memory.
 *
 * A module of its own, so that only those have it who want it: it writes to the device of the visitor, for which he may have to be asked.
 *
 * @param options.name name of the database. Default: made of the product's.
 */
export function indexedDbStore(options: { readonly name?: string | undefined } = {}): PageStore {
  return {
    delivery({ product, channel, uploaderOptions, platform, scope, instead }) {
      const backend = new IndexedDbBackend({ name: options.name ?? `telemetry-${product}`, scope, platform });
      return storedDelivery({
        ...uploaderOptions,
        channels: [{ name: 'main', channel }],
        backend,
        gzip: defaultGzip,
        crc32: tableCrc32,
        instead,
      });
    },
  };
}
