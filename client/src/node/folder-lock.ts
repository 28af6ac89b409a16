import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import type { Platform } from '../platform.ts';
import { SilenceWatch } from '../store/silence-watch.ts';
import type { StoreLock } from '../store/store-backend.ts';
import { orMissing, privateFile } from './folder-files.ts';
import type { NativeTryLock } from './native-lock.ts';

/**
 * Locks of the operating system on files: they end with their holder. A holder that is paused keeps them; the file of one that shows no sign of
 * life is moved away, so that another can be locked in its place, and the holder sees that when it looks.
 */
export class FolderLocks {
  readonly #tryLock: NativeTryLock;
  readonly #silence: SilenceWatch;

  constructor(tryLock: NativeTryLock, platform: Platform) {
    this.#tryLock = tryLock;
    this.#silence = new SilenceWatch(platform);
  }

  /** Takes the lock on a file; undefined: another has it. */
  async tryLock(path: string): Promise<StoreLock | undefined> {
    const lock = await this.#tryOnce(path);
    if (lock !== undefined) {
      this.#silence.forget(path);
      return lock;
    }
    return (await this.#isSilent(path)) && (await this.#depose(path)) ? this.#tryOnce(path) : undefined;
  }

  /** Takes the lock on an open file; false: another has it. */
  tryLockOpen(handle: FileHandle): boolean {
    return this.#tryLock(handle.fd);
  }

  async #tryOnce(path: string): Promise<FileLock | undefined> {
    const handle = await open(path, 'a', privateFile);
    try {
      if (this.#tryLock(handle.fd)) {
        const lock = new FileLock(path, handle, (await handle.stat()).ino);
        if (await lock.beat()) {
          return lock;
        }
      }
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return undefined;
  }

  async #isSilent(path: string): Promise<boolean> {
    const status = await orMissing(stat(path), undefined);
    return status !== undefined && this.#silence.isSilent(path, signOf(status));
  }

  /** Moves the file of a silent holder away: under a lock, so that nobody moves away that of the next one. */
  async #depose(path: string): Promise<boolean> {
    const guard = await open(`${path}.depose`, 'a', privateFile);
    try {
      if (!this.#tryLock(guard.fd)) {
        return false;
      }
      const status = await orMissing(stat(path), undefined);
      if (status === undefined || !this.#silence.isLastSeen(path, signOf(status))) {
        return false;
      }
      await rename(path, `${path}.deposed`);
      await rm(`${path}.deposed`, { force: true });
      this.#silence.forget(path);
      return true;
    } finally {
      await guard.close();
    }
  }
}

/** What the holder of a lock shows: which file it holds, and when it has touched it last. */
function signOf({ ino, mtimeMs }: { readonly ino: number; readonly mtimeMs: number }): string {
  return `${ino} ${mtimeMs}`;
}

class FileLock implements StoreLock {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #inode: number;
  #released = false;

  constructor(path: string, handle: FileHandle, inode: number) {
    this.#path = path;
    this.#handle = handle;
    this.#inode = inode;
  }

  async beat(): Promise<boolean> {
    if (this.#released) {
      return false;
    }
    const now = new Date();
    await this.#handle.utimes(now, now);
    return (await orMissing(stat(this.#path), undefined))?.ino === this.#inode;
  }

  async release(): Promise<void> {
    if (!this.#released) {
      this.#released = true;
      await this.#handle.close();
    }
  }
}
