import { databaseOpenTimeoutMs } from '../limits.ts';
import type { Platform } from '../platform.ts';
import { SilenceWatch } from '../store/silence-watch.ts';
import type { ExitBackend, StoreBackend, StoreLock } from '../store/store-backend.ts';
import type { Bulletin } from './bulletin.ts';
import { ExitShelf, pageStorage } from './exit-shelf.ts';
import { Database, type IdbRead, type IdbStore } from './indexed-db.ts';
import type { PageInstallId } from './page-install-id.ts';
import type { PageScope } from './page-scope.ts';
import { type HeldLock, heldNames, takeLock } from './web-locks.ts';

/** What a store in a browser works with. */
export interface IndexedDbBackendOptions {
  /** Of the database, and of what belongs to it: one for each product. */
  readonly name: string;
  /** Of the page, each part of which may be missing: without a database or locks the store cannot be used, which `open` says. */
  readonly scope: PageScope;
  readonly platform: Platform;
  /** Kept with the first events, and forgotten with them. Default: none. */
  readonly installId?: PageInstallId | undefined;
}

/** A sign of life of the holder of a lock. */
interface Beat {
  readonly holder: string;
  readonly count: number;
}

/**
 * A store in the browser's database, shared by all pages and workers of a site. Each step is a transaction, which the browser makes one after the
 * other for all of them; which pages live, and which of them sends, is told by the browser's locks, that end with their page.
 */
export class IndexedDbBackend implements StoreBackend {
  readonly atExit: ExitBackend;
  readonly #options: IndexedDbBackendOptions;
  readonly #shelf: ExitShelf | undefined;
  /** Begun, and not known to be done. */
  readonly #writes = new Set<{ readonly bytes: Uint8Array; readonly paths: readonly string[] }>();
  readonly #silence: SilenceWatch;
  #database: Database | undefined;
  #producer: HeldLock | undefined;
  #bulletin: Bulletin | undefined;
  #watches: { readonly folders: readonly string[]; readonly onChange: () => void }[] = [];

  constructor(options: IndexedDbBackendOptions) {
    this.#options = options;
    this.#silence = new SilenceWatch(options.platform);
    const storage = pageStorage(options.scope);
    this.#shelf = storage === undefined ? undefined : new ExitShelf(storage, options.name);
    this.atExit = {
      finishWrites: () => {
        for (const { bytes, paths } of this.#writes) {
          this.#shelve(bytes, paths);
        }
      },
      write: (bytes, ...paths) => this.#shelve(bytes, paths),
    };
  }

  async open(producer: string): Promise<void> {
    const { name, platform, scope } = this.#options;
    const { indexedDB, IDBKeyRange, BroadcastChannel } = scope;
    const locks = scope.navigator?.locks;
    if (indexedDB === undefined || IDBKeyRange === undefined || locks === undefined) {
      throw new Error('this page has no database, or no locks: what it logs is kept in memory');
    }
    const database = new Database(indexedDB, name);
    await withinTime(
      database.run('readonly', 'relaxed', (store) => store.get('')),
      platform,
    );
    this.#database = database;
    this.#producer = await takeLock(locks, this.#lockName(`${producerPrefix}${producer}`), false);
    if (BroadcastChannel !== undefined) {
      this.#bulletin = new BroadcastChannel(name);
      this.#bulletin.onmessage = ({ data }) => this.#onChanged(data);
    }
    await this.recover();
  }

  /**
   * Takes what pages have put on the shelf as they ended into the database. They have sent it once, or another page has, if the database had it
   * after all: it goes in as sent, however often.
   */
  async recover(): Promise<void> {
    const shelf = this.#shelf;
    const locks = this.#options.scope.navigator?.locks;
    const paths = shelf?.paths() ?? [];
    const lock =
      paths.length === 0 || locks === undefined ? undefined : await takeLock(locks, this.#lockName('shelf'), false);
    if (shelf === undefined || lock === undefined) {
      return;
    }
    try {
      const files = paths.flatMap((path) => ({ path, bytes: shelf.read(path) ?? [] }));
      await this.#opened().run('readwrite', 'strict', (store) => {
        for (const { path, bytes } of files) {
          if (bytes instanceof Uint8Array) {
            store.delete(path.replace(sentPattern, '.batch'));
            store.put(bytes, path);
          }
        }
        return { result: undefined };
      });
      for (const path of paths) {
        shelf.remove(path);
      }
    } finally {
      lock.release();
    }
  }

  async list(folder: string): Promise<string[]> {
    // "0" is what comes behind "/".
    const range = this.#options.scope.IDBKeyRange?.bound(`${folder}/`, `${folder}0`);
    const paths = await this.#opened().run('readonly', 'relaxed', (store) => store.getAllKeys(range));
    return paths.map((path) => path.slice(folder.length + 1));
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const value = await this.#opened().run('readonly', 'relaxed', (store) => store.get(path));
    return value instanceof Uint8Array ? value : undefined;
  }

  async write(bytes: Uint8Array, ...paths: [string, ...string[]]): Promise<void> {
    // As it is now, and no more than it is: of a view the database would keep all that it is a view of.
    const write = { bytes: bytes.slice(), paths };
    this.#writes.add(write);
    try {
      await this.#opened().run('readwrite', 'strict', (store) => putAll(store, write.bytes, paths));
      this.#options.installId?.keep();
    } finally {
      this.#writes.delete(write);
    }
    this.#tellOthers(paths);
  }

  async put(bytes: Uint8Array, path: string): Promise<void> {
    const kept = bytes.slice();
    await this.#opened().run('readwrite', 'relaxed', (store) => putAll(store, kept, [path]));
    this.#tellOthers([path]);
  }

  rename(from: string, to: string): Promise<boolean> {
    return this.#opened().run('readwrite', 'relaxed', (store) => {
      const read = { result: false };
      const found = store.get(from);
      found.onsuccess = () => {
        if (found.result !== undefined) {
          store.put(found.result, to);
          store.delete(from);
          read.result = true;
        }
      };
      return read;
    });
  }

  remove(path: string): Promise<boolean> {
    return this.#opened().run('readwrite', 'relaxed', (store) => {
      const read = { result: false };
      const found = store.get(path);
      found.onsuccess = () => {
        read.result = found.result !== undefined;
        store.delete(path);
      };
      return read;
    });
  }

  async wipe(): Promise<void> {
    const isLogged = (path: string): boolean => path.includes('/') && !path.startsWith('state/');
    this.#options.installId?.forget();
    for (const path of this.#shelf?.paths() ?? []) {
      this.#shelf?.remove(path);
    }
    await this.#opened().run('readwrite', 'strict', (store) => {
      const paths = store.getAllKeys();
      paths.onsuccess = () => paths.result.filter(isLogged).forEach((path) => void store.delete(path));
      return paths;
    });
  }

  /** What a browser has written before is safe when this is. */
  async sync(): Promise<void> {
    await this.#opened().run('readwrite', 'strict', (store) => store.put(0, syncKey));
  }

  async tryLock(name: string): Promise<StoreLock | undefined> {
    const { platform, scope } = this.#options;
    const locks = scope.navigator?.locks;
    if (locks === undefined) {
      return undefined;
    }
    const steal = await this.#isSilent(name);
    const held = await takeLock(locks, this.#lockName(name), steal);
    if (held === undefined) {
      return undefined;
    }
    this.#silence.forget(name);
    const holder = Array.from(platform.randomBytes(8)).join('.');
    await this.#opened().run('readwrite', 'relaxed', (store) => store.put({ holder, count: 0 }, beatKey(name)));
    return { beat: () => this.#beat(name, holder, held), release: async () => held.release() };
  }

  async liveProducers(): Promise<ReadonlySet<string>> {
    const locks = this.#options.scope.navigator?.locks;
    const prefix = this.#lockName(producerPrefix);
    const names = locks === undefined ? [] : await heldNames(locks);
    return new Set(names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)));
  }

  watch(folders: readonly string[], onChange: () => void): () => void {
    const watch = { folders, onChange };
    this.#watches.push(watch);
    return () => {
      this.#watches = this.#watches.filter((other) => other !== watch);
    };
  }

  async close(): Promise<void> {
    this.#producer?.release();
    this.#bulletin?.close();
    this.#database?.close();
  }

  #shelve(bytes: Uint8Array, paths: readonly string[]): void {
    if (this.#shelf === undefined) {
      throw new Error('this page has no storage that takes something as it ends');
    }
    for (const path of paths) {
      this.#shelf.put(path.replace(neverSentPattern, '.sent'), bytes);
    }
    this.#options.installId?.keep();
  }

  #opened(): Database {
    if (this.#database === undefined) {
      throw new Error('the store is not open');
    }
    return this.#database;
  }

  #lockName(name: string): string {
    return `${this.#options.name}/${name}`;
  }

  /** Whether the holder of a lock shows no sign of life: a page that the browser has put aside. */
  async #isSilent(name: string): Promise<boolean> {
    const found = await this.#opened().run('readonly', 'relaxed', (store) => store.get(beatKey(name)));
    return found !== undefined && this.#silence.isSilent(name, JSON.stringify(found));
  }

  /** The database says whose the lock is: a page that was put aside hears too late that it was stolen. */
  async #beat(name: string, holder: string, held: HeldLock): Promise<boolean> {
    if (!held.isHeld) {
      return false;
    }
    const isOwn = await this.#opened().run('readwrite', 'relaxed', (store) => {
      const read = { result: false };
      const found = store.get(beatKey(name)) as IdbRead<Beat | undefined> & { onsuccess: (() => void) | null };
      found.onsuccess = () => {
        const beat = found.result;
        if (beat?.holder === holder) {
          store.put({ holder, count: beat.count + 1 }, beatKey(name));
          read.result = true;
        }
      };
      return read;
    });
    return isOwn && held.isHeld;
  }

  #tellOthers(paths: readonly string[]): void {
    for (const path of paths) {
      this.#bulletin?.postMessage(path.slice(0, path.lastIndexOf('/')));
    }
  }

  #onChanged(folder: unknown): void {
    for (const watch of this.#watches) {
      if (watch.folders.some((watched) => watched === folder)) {
        watch.onChange();
      }
    }
  }
}

/** Some browsers let a page wait for its database for ever. */
async function withinTime(opened: Promise<unknown>, platform: Platform): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = new Error(`the database did not open within ${databaseOpenTimeoutMs} ms`);
  const timer = platform.setTimer(() => reject(late), databaseOpenTimeoutMs);
  try {
    await Promise.race([opened, promise]);
  } finally {
    timer.cancel();
  }
}

const sentPattern = /\.sent$/;
const neverSentPattern = /\.batch$/;
const producerPrefix = 'producer-';
/** Beside the folders, which all have a slash behind their name. */
const syncKey = 'sync';

function beatKey(name: string): string {
  return `beat-${name}`;
}

function putAll(store: IdbStore, bytes: Uint8Array, paths: readonly string[]): IdbRead<undefined> {
  for (const path of paths) {
    store.put(bytes, path);
  }
  return { result: undefined };
}
