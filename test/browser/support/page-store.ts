import type { Page } from 'playwright-core';

/**
 * Paths of the files that the site's store of a product has with anything of what was logged: in the database, and what pages that ended have
 * put beside it.
 */
export async function filesOf(page: Page, product: string): Promise<string[]> {
  const shelved = await page.evaluate((prefix) => {
    const { localStorage } = globalThis as unknown as { localStorage: object };
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(prefix))
      .map((name) => `shelf/${name.slice(prefix.length)}`);
  }, `telemetry-${product}/`);
  const files = await databaseFiles(page, product);
  return [...shelved, ...files.filter((path) => !/^(state|confirmations)\//.test(path))];
}

function databaseFiles(page: Page, product: string): Promise<string[]> {
  return page.evaluate(
    (name) =>
      new Promise<string[]>((resolve, reject) => {
        const { indexedDB } = globalThis as unknown as { indexedDB: Opener };
        const request = indexedDB.open(name, 1);
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const keys = request.result.transaction('files').objectStore('files').getAllKeys();
          keys.onsuccess = () => {
            request.result.close();
            resolve(keys.result.filter((key) => key.includes('/')));
          };
        };
      }),
    `telemetry-${product}`,
  );
}

/** As much of IndexedDB as this needs. */
interface Opener {
  open(
    name: string,
    version: number,
  ): {
    onerror: () => void;
    onsuccess: () => void;
    readonly error: unknown;
    readonly result: {
      transaction(store: string): {
        objectStore(store: string): { getAllKeys(): { onsuccess: () => void; readonly result: string[] } };
      };
      close(): void;
    };
  };
}
