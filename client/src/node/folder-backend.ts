import { watch } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { presenceTriesMax } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { ExitBackend, StoreBackend, StoreLock } from '../store/store-backend.ts';
import { makeStoreFolder, orMissing, privateFile, syncFolder } from './folder-files.ts';
import { FolderLocks } from './folder-lock.ts';
import { FolderWrites } from './folder-writes.ts';
import { installIdPath } from './install-id.ts';
import type { NativeTryLock } from './native-lock.ts';

/** Ends the name of the file that says that a process lives, before it has its own. */
const presenceName = '.presence';

/** How a folder is used as a store. */
export interface FolderBackendOptions {
  readonly folder: string;
  /** Folders in it that are made besides its own. */
  readonly channels: readonly string[];
  readonly platform: Platform;
  readonly loadLock: () => Promise<NativeTryLock>;
}

/** A folder as a store, which all processes of an application share. */
export function folderBackend(options: FolderBackendOptions): StoreBackend {
  return new FolderBackend(options);
}

class FolderBackend implements StoreBackend {
  readonly atExit: ExitBackend;
  readonly #options: FolderBackendOptions;
  readonly #folder: string;
  readonly #writes: FolderWrites;
  #locks: FolderLocks | undefined;
  /** Locked for as long as this process lives. */
  #presence: FileHandle | undefined;
  #producer = '';

  constructor(options: FolderBackendOptions) {
    this.#options = options;
    this.#folder = options.folder;
    this.#writes = new FolderWrites(options.folder, options.channels);
    this.atExit = {
      finishWrites: () => this.#writes.finishWrites(),
      write: (bytes, ...paths) => this.#writes.writeNow(bytes, paths),
    };
  }

  async open(producer: string): Promise<void> {
    this.#producer = producer;
    this.#writes.setOwner(producer);
    makeStoreFolder(this.#folder, this.#options.channels);
    const locks = new FolderLocks(await this.#options.loadLock(), this.#options.platform);
    this.#locks = locks;
    for (let attempt = 0; this.#presence === undefined && attempt < presenceTriesMax; attempt++) {
      this.#presence = await this.#announce(locks);
    }
    if (this.#presence === undefined) {
      throw new Error(`${this.#folder}: somebody removes the files in it`);
    }
    await this.recover();
  }

  async recover(): Promise<void> {
    // In this order: who comes in between is not in the list, and who goes in between lives in it.
    const names = await this.list('tmp');
    await this.#writes.recover(names, await this.liveProducers());
  }

  async list(folder: string): Promise<string[]> {
    return orMissing(readdir(this.#path(folder)), []);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return orMissing(readFile(this.#path(path)), undefined);
  }

  write(bytes: Uint8Array, ...paths: [string, ...string[]]): Promise<void> {
    return this.#writes.write(bytes, paths, true);
  }

  put(bytes: Uint8Array, path: string): Promise<void> {
    return this.#writes.write(bytes, [path], false);
  }

  rename(from: string, to: string): Promise<boolean> {
    return succeeded(rename(this.#path(from), this.#path(to)));
  }

  remove(path: string): Promise<boolean> {
    return succeeded(unlink(this.#path(path)));
  }

  async wipe(): Promise<void> {
    await this.remove(installIdPath);
    const channels = (await this.list('channels')).map((name) => `channels/${name}`);
    for (const folder of [...channels, 'quarantine', 'outcomes', 'confirmations', 'tmp']) {
      for (const name of await this.list(folder)) {
        // A process that is just joining has nothing else there.
        if (!name.endsWith(presenceName)) {
          await this.remove(`${folder}/${name}`);
        }
      }
      await this.sync(folder);
    }
  }

  sync(folder: string): Promise<void> {
    return syncFolder(this.#path(folder));
  }

  async tryLock(name: string): Promise<StoreLock | undefined> {
    return this.#locks?.tryLock(this.#path(`${name}.lock`));
  }

  async liveProducers(): Promise<ReadonlySet<string>> {
    const live = new Set<string>();
    for (const producer of await this.list('producers')) {
      if (producer === this.#producer || (await this.#isLocked(`producers/${producer}`))) {
        live.add(producer);
      } else {
        await rm(this.#path(`producers/${producer}`), { force: true });
      }
    }
    return live;
  }

  watch(folders: readonly string[], onChange: () => void): () => void {
    const watchers = folders.flatMap((folder) => {
      try {
        const watcher = watch(this.#path(folder), { persistent: false }, () => onChange());
        // Whoever watches polls too.
        watcher.on('error', () => {});
        return [watcher];
      } catch {
        return [];
      }
    });
    return () => {
      for (const watcher of watchers) {
        watcher.close();
      }
    };
  }

  async close(): Promise<void> {
    const presence = this.#presence;
    this.#presence = undefined;
    if (presence !== undefined) {
      await rm(this.#path(`producers/${this.#producer}`), { force: true });
      await presence.close();
    }
  }

  /** Locked before it has its name, so that nobody takes it for that of a dead process; undefined: somebody took it for that all the same. */
  async #announce(locks: FolderLocks): Promise<FileHandle | undefined> {
    const unnamed = this.#path(`tmp/${this.#producer}${presenceName}`);
    const presence = await open(unnamed, 'w', privateFile);
    if (!locks.tryLockOpen(presence)) {
      await presence.close();
      throw new Error(`${this.#folder}: its file system has no locks`);
    }
    if (await succeeded(rename(unnamed, this.#path(`producers/${this.#producer}`)))) {
      return presence;
    }
    await presence.close();
    return undefined;
  }

  async #isLocked(path: string): Promise<boolean> {
    const handle = await orMissing(open(this.#path(path), 'r+'), undefined);
    if (handle === undefined) {
      return false;
    }
    try {
      return this.#locks?.tryLockOpen(handle) === false;
    } finally {
      await handle.close();
    }
  }

  #path(path: string): string {
    return join(this.#folder, path);
  }
}

async function succeeded(operation: Promise<void>): Promise<boolean> {
  return orMissing(
    operation.then(() => true),
    false,
  );
}
