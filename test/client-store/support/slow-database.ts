import type { IdbDatabase, IdbStore } from '../../../client/src/browser/indexed-db.ts';
import type { PageScope } from '../../../client/src/browser/page-scope.ts';

/** A page whose database opens when the test says so, with nothing in it. Its locks are free. */
export function slowDatabase(): { readonly scope: PageScope; open(): void } {
  const none = { result: undefined, error: null, onsuccess: null, onerror: null };
  const store: IdbStore = {
    get: () => none,
    getAllKeys: () => ({ ...none, result: [] }),
    put: () => none,
    delete: () => none,
  };
  const database: IdbDatabase = {
    createObjectStore: () => {},
    transaction: () => {
      const transaction = {
        error: null,
        objectStore: () => store,
        oncomplete: null as (() => void) | null,
        onabort: null,
      };
      queueMicrotask(() => transaction.oncomplete?.());
      return transaction;
    },
    close: () => {},
    onclose: null,
    onversionchange: null,
  };
  const handlers = { onerror: null, onupgradeneeded: null, onblocked: null };
  const request = { result: database, error: null, onsuccess: null as (() => void) | null, ...handlers };
  const scope: PageScope = {
    indexedDB: { open: () => request },
    IDBKeyRange: { bound: () => undefined },
    navigator: {
      locks: {
        request: async (_name, _options, callback) => callback({}),
        query: async () => ({}),
      },
    },
  };
  return { scope, open: () => request.onsuccess?.() };
}
