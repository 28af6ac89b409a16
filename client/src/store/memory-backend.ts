import { lockSilenceMs } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { StoreBackend, StoreLock } from './store-backend.ts';

/** What several backends in one process share, as processes share a folder. */
export class MemoryFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly locks = new Map<string, MemoryLock>();
  readonly live = new Set<string>();
  readonly watchers = new Set<{ readonly folders: readonly string[]; readonly onChange: () => void }>();

  /** Tells those who watch a folder, soon. */
  changed(path: string): void {
    const folder = path.slice(0, path.lastIndexOf('/'));
    for (const { folders, onChange } of this.watchers) {
      if (folders.includes(folder)) {
        queueMicrotask(onChange);
      }
    }
  }
}

/** A store that ends with the process: for tests, and where there is nothing better. */
export function memoryBackend(shared: MemoryFiles, platform: Platform): StoreBackend {
  return new MemoryBackend(shared, platform);
}

class MemoryBackend implements StoreBackend {
  readonly #shared: MemoryFiles;
  readonly #platform: Platform;
  #producer = '';

  constructor(shared: MemoryFiles, platform: Platform) {
    this.#shared = shared;
    this.#platform = platform;
  }

  async open(producer: string): Promise<void> {
    this.#producer = producer;
    this.#shared.live.add(producer);
  }

  async recover(): Promise<void> {}

  async list(folder: string): Promise<string[]> {
    const prefix = `${folder}/`;
    return Array.from(this.#shared.files.keys())
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#shared.files.get(path);
  }

  async write(bytes: Uint8Array, ...paths: [string, ...string[]]): Promise<void> {
    for (const path of paths) {
      this.#shared.files.set(path, bytes.slice());
      this.#shared.changed(path);
    }
  }

  put(bytes: Uint8Array, path: string): Promise<void> {
    return this.write(bytes, path);
  }

  async rename(from: string, to: string): Promise<boolean> {
    const bytes = this.#shared.files.get(from);
    if (bytes === undefined) {
      return false;
    }
    this.#shared.files.delete(from);
    this.#shared.files.set(to, bytes);
    this.#shared.changed(to);
    return true;
  }

  async remove(path: string): Promise<boolean> {
    return this.#shared.files.delete(path);
  }

  async wipe(): Promise<void> {
    for (const path of this.#shared.files.keys()) {
      if (!path.startsWith('state/')) {
        this.#shared.files.delete(path);
      }
    }
  }

  async sync(): Promise<void> {}

  async tryLock(name: string): Promise<StoreLock | undefined> {
    const { locks } = this.#shared;
    const nowMs = this.#platform.monotonicMs();
    const held = locks.get(name);
    if (held !== undefined && nowMs - held.beatMs < lockSilenceMs) {
      return undefined;
    }
    const lock = new MemoryLock(name, this.#shared, this.#platform);
    locks.set(name, lock);
    return lock;
  }

  async liveProducers(): Promise<ReadonlySet<string>> {
    return new Set(this.#shared.live);
  }

  watch(folders: readonly string[], onChange: () => void): () => void {
    const watcher = { folders, onChange };
    this.#shared.watchers.add(watcher);
    return () => {
      this.#shared.watchers.delete(watcher);
    };
  }

  async close(): Promise<void> {
    this.#shared.live.delete(this.#producer);
  }
}

class MemoryLock implements StoreLock {
  readonly #name: string;
  readonly #shared: MemoryFiles;
  readonly #platform: Platform;
  beatMs: number;

  constructor(name: string, shared: MemoryFiles, platform: Platform) {
    this.#name = name;
    this.#shared = shared;
    this.#platform = platform;
    this.beatMs = platform.monotonicMs();
  }

  async beat(): Promise<boolean> {
    this.beatMs = this.#platform.monotonicMs();
    return this.#shared.locks.get(this.#name) === this;
  }

  async release(): Promise<void> {
    if (this.#shared.locks.get(this.#name) === this) {
      this.#shared.locks.delete(this.#name);
    }
  }
}
