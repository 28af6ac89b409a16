import type { Channel } from '../channel.ts';
import { tableCrc32 } from '../deflate/crc32.ts';
import type { DeliveryFactory } from '../delivery.ts';
import { defaultGzip } from '../gzip.ts';
import type { Platform } from '../platform.ts';
import { storedDelivery } from '../store/stored-delivery.ts';
import type { UploaderOptions } from '../uploader.ts';
import { pageStorage } from './exit-shelf.ts';
import { IndexedDbBackend } from './indexed-db-backend.ts';
import { PageInstallId } from './page-install-id.ts';
import type { PageScope } from './page-scope.ts';

/** What a client has that wants a store. */
export interface PageStoreContext {
  readonly channel: Channel;
  readonly uploaderOptions: UploaderOptions;
  readonly platform: Platform;
  /** Keeps events where the store cannot. */
  readonly instead: DeliveryFactory;
}

/** The store of one product. */
export interface OpenPageStore {
  /** Of this browser, for this product and site; undefined where none was asked for. */
  readonly installId: string | undefined;
  delivery(context: PageStoreContext): DeliveryFactory;
}

/** Where a page keeps what has no answer yet, beyond its own life. Made by `indexedDbStore`. */
export interface PageStore {
  /**
   * For `createTelemetry` alone.
   *
   * @param ownId random, for the case that this browser has no id yet; undefined: none is to be kept.
   */
  open(product: string, scope: PageScope, ownId: string | undefined): OpenPageStore;
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
    open(product, scope, ownId) {
      const name = options.name ?? `telemetry-${product}`;
      const installId = new PageInstallId(pageStorage(scope), name, ownId);
      return {
        installId: installId.id,
        delivery: ({ channel, uploaderOptions, platform, instead }) =>
          storedDelivery({
            ...uploaderOptions,
            channels: [{ name: 'main', channel }],
            backend: new IndexedDbBackend({ name, scope, platform, installId }),
            gzip: defaultGzip,
            crc32: tableCrc32,
            instead,
          }),
      };
    },
  };
}
