import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { lockSilenceMs, storePollMs } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { StoreLock } from '../store/store-backend.ts';
import { orMissing, privateFile } from './folder-files.ts';
import type { NativeTryLock } from './native-lock.ts';

/** What was seen of a lock that another has. */
interface Sighting {
  readonly inode: number;
  readonly beatMs: number;
  /** Since when it has not changed, as far as this process was there to see it. */
  sinceMs: number;
  lastMs: number;
}

/**
 * Locks of the operating system on files: they end with their holder. A holder that is paused keeps them; the file of one that shows no sign of
 * life is moved away, so that another can be locked in its place, and the holder sees that when it looks.
 */
export class FolderLocks {
  readonly #tryLock: NativeTryLock;
  readonly #platform: Platform;
  readonly #sightings = new Map<string, Sighting>();

  constructor(tryLock: NativeTryLock, platform: Platform) {
    this.#tryLock = tryLock;
    this.#platform = platform;
  }

  /** Takes the lock on a file; undefined: another has it. */
  async tryLock(path: string): Promise<StoreLock | undefined> {
    const lock = await this.#tryOnce(path);
    if (lock !== undefined) {
      this.#sightings.delete(path);
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
    if (status === undefined) {
      return false;
    }
    const nowMs = this.#platform.monotonicMs();
    const seen = this.#sightings.get(path);
    if (seen === undefined || seen.inode !== status.ino || seen.beatMs !== status.mtimeMs) {
      this.#sightings.set(path, { inode: status.ino, beatMs: status.mtimeMs, sinceMs: nowMs, lastMs: nowMs });
      return false;
    }
    // While this process did not look, it may have been paused itself, together with the holder.
    seen.sinceMs += Math.max(0, nowMs - seen.lastMs - 2 * storePollMs);
    seen.lastMs = nowMs;
    return nowMs - seen.sinceMs >= lockSilenceMs;
  }

  /** Moves the file of a silent holder away: under a lock, so that nobody moves away that of the next one. */
  async #depose(path: string): Promise<boolean> {
    const guard = await open(`${path}.depose`, 'a', privateFile);
    try {
      const seen = this.#sightings.get(path);
      if (seen === undefined || !this.#tryLock(guard.fd)) {
        return false;
      }
      const status = await orMissing(stat(path), undefined);
      if (status?.ino !== seen.inode || status.mtimeMs !== seen.beatMs) {
        return false;
      }
      await rename(path, `${path}.deposed`);
      await rm(`${path}.deposed`, { force: true });
      this.#sightings.delete(path);
      return true;
    } finally {
      await guard.close();
    }
  }
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
