import { setTimeout } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { type Blacklist, BlacklistSchema } from '@telemetry/gen';
import { BLACKLIST_API_VERSION } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import {
  BLACKLIST_POLL_MS,
  BLACKLIST_QUERY_TIMEOUT_MS,
  BLACKLIST_RETRY_MS_MAX,
  BLACKLIST_START_TIMEOUT_MS,
} from '../limits.ts';
import { readBlacklistFile, writeBlacklistFile } from './blacklist-file.ts';
import { BlacklistMatcher } from './blacklist-matcher.ts';
import type { BlacklistSource } from './blacklist-source.ts';

/** What the store works with. */
export interface BlacklistStoreParts {
  readonly source: BlacklistSource;
  /** File of the last known good list. */
  readonly path: string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/**
 * The blacklist that this collector goes by: the newest that it has seen, from the warehouse or from the disk. While the warehouse
 * cannot be reached the last one holds. Never goes back to an older one.
 */
export class BlacklistStore {
  readonly #parts: BlacklistStoreParts;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #list = create(BlacklistSchema, { apiVersion: BLACKLIST_API_VERSION });
  #version = 0;
  #sizeBytes = 0;
  #matcher: BlacklistMatcher | undefined;
  #written: Promise<void> = Promise.resolve();
  #polling: Promise<void> | undefined;
  #failures = 0;
  #isBehindLogged = false;

  private constructor(parts: BlacklistStoreParts) {
    this.#parts = parts;
  }

  /**
   * Opens the store with the list on disk, then takes a first look at the warehouse, for as long as a start may wait for it. From then on
   * it looks about every second.
   */
  static async open(parts: BlacklistStoreParts): Promise<BlacklistStore> {
    const store = new BlacklistStore(parts);
    await store.#readFile();
    const first = store.refresh().catch((error: unknown) => store.#noteFailure(error));
    await Promise.race([first, setTimeout(BLACKLIST_START_TIMEOUT_MS, undefined, { ref: false })]);
    store.#polling = first.then(() => store.#poll());
    return store;
  }

  /** Version of the list in force. */
  get version(): number {
    return this.#version;
  }

  /** The list in force. Not to be changed. */
  get list(): Blacklist {
    return this.#list;
  }

  /** Size of the list in force, serialized. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** What the list bans; undefined when it bans nothing, which costs nothing. */
  get matcher(): BlacklistMatcher | undefined {
    return this.#matcher;
  }

  /** Calls `listener` after each change of the list in force, until the function that it returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at the warehouse once. Rejects with `BlacklistError` when that fails. Returns the version there. */
  async refresh(): Promise<number> {
    const { source, logger } = this.#parts;
    const signal = this.querySignal();
    const version = await source.readVersion(signal);
    if (version > this.#version) await this.#adoptNewer(await source.read(signal));
    else if (version < this.#version && !this.#isBehindLogged) {
      this.#isBehindLogged = true;
      const numbers = { version: this.#version, warehouseVersion: version };
      logger.warn(
        numbers,
        'the warehouse has an older blacklist, as after a restore: the last known one holds until the next change',
      );
    }
    return version;
  }

  /** Ends a query when its time is up, or the store stops. */
  querySignal(): AbortSignal {
    return AbortSignal.any([this.#stop.signal, AbortSignal.timeout(BLACKLIST_QUERY_TIMEOUT_MS)]);
  }

  /** Stops looking. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#polling;
    await this.#written;
  }

  async #readFile(): Promise<void> {
    const { path, logger } = this.#parts;
    try {
      const list = await readBlacklistFile(path);
      if (list?.apiVersion === BLACKLIST_API_VERSION) this.#adopt(list);
    } catch (error) {
      logger.error(
        { path, err: error },
        'the last known blacklist cannot be read from disk; it comes from the warehouse',
      );
    }
  }

  async #adoptNewer(list: Blacklist): Promise<void> {
    // Two looks may have overlapped.
    if (Number(list.version) <= this.#version) return;
    this.#adopt(list);
    this.#isBehindLogged = false;
    const { path, logger } = this.#parts;
    logger.info({ version: this.#version, entries: list.entries.length }, 'a new blacklist is in force');
    // In force at once; on disk as soon as may be, in turn.
    this.#written = this.#written
      .then(() => writeBlacklistFile(path, list))
      .catch((error: unknown) => logger.error({ path, err: error }, 'the blacklist cannot be written to disk'));
    await this.#written;
  }

  #adopt(list: Blacklist): void {
    this.#list = list;
    this.#version = Number(list.version);
    this.#sizeBytes = toBinary(BlacklistSchema, list).length;
    this.#matcher = list.entries.length === 0 ? undefined : new BlacklistMatcher(list);
    for (const listener of this.#listeners) listener();
  }

  async #poll(): Promise<void> {
    const { random } = this.#parts;
    while (!this.#stop.signal.aborted) {
      const pauseMs = Math.min(BLACKLIST_POLL_MS * 2 ** Math.min(this.#failures, 10), BLACKLIST_RETRY_MS_MAX);
      try {
        await setTimeout(pauseMs * (0.75 + random() / 4), undefined, { signal: this.#stop.signal, ref: false });
        await this.refresh();
        this.#noteSuccess();
      } catch (error) {
        this.#noteFailure(error);
      }
    }
  }

  #noteSuccess(): void {
    if (this.#failures === 0) return;
    this.#parts.logger.info({ failures: this.#failures }, 'the blacklist can be read again');
    this.#failures = 0;
  }

  /** Logs the first failure in a row: the last known list holds, so that nothing is lost by the others. */
  #noteFailure(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#failures++;
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#failures === 1) {
      const facts = { version: this.#version, reason };
      this.#parts.logger.warn(facts, 'the blacklist cannot be read; the last known one holds');
    }
  }
}
