import type { BlacklistNotice, BlacklistStats } from './api.ts';
import type { BanList } from './ban-list.ts';
import { type BlacklistOrigin, BlacklistWatcher } from './blacklist/blacklist-watcher.ts';
import type { BlacklistSource, BlacklistStore } from './blacklist-source.ts';
import { blacklistBackoffMsMax } from './limits.ts';
import type { ResolvedOptions } from './resolve-options.ts';

/** Where the blacklist comes from, and where it is kept. Undefined: nowhere. */
export interface BlacklistPlaces {
  readonly source: BlacklistSource | undefined;
  readonly store: BlacklistStore | undefined;
}

/** Where a list is enforced: at the gate for what is logged, and in what waits. */
interface Enforcer {
  setBanList(list: BanList): void;
}

/** Brings each new list to whoever enforces it, and tells of it. */
export class ClientBlacklist {
  readonly #watcher: BlacklistWatcher;
  readonly #enforcers: readonly Enforcer[];
  readonly #tell: (notice: BlacklistNotice) => void;
  #entries = 0;
  #problems = 0;

  /** @param enforcers in the order in which they get a list: whoever lets events in before whoever has them. */
  constructor(
    { core, platform, retry }: ResolvedOptions,
    { source, store }: BlacklistPlaces,
    enforcers: readonly Enforcer[],
    tell: (notice: BlacklistNotice) => void,
  ) {
    this.#enforcers = enforcers;
    this.#tell = tell;
    const slowRetry = { ...retry, maxBackoffMs: Math.max(retry.maxBackoffMs, blacklistBackoffMsMax) };
    const options = { product: core.product.name, source, store, retry: slowRetry, platform };
    this.#watcher = new BlacklistWatcher(options, {
      onList: (list, entryCount, origin) => this.#onList(list, entryCount, origin),
      onProblem: (problem, origin) => this.#onProblem(problem, origin),
    });
  }

  get stats(): BlacklistStats {
    return { version: this.#watcher.version, entries: this.#entries, problems: this.#problems };
  }

  /** Asks, hears and keeps from now on. */
  start(): void {
    this.#watcher.start();
  }

  /** The list stays in force. */
  stop(): void {
    this.#watcher.stop();
  }

  /** A collector has named the version in force. */
  onVersion(version: number): void {
    this.#watcher.onVersion(version);
  }

  #onList(list: BanList, entries: number, origin: BlacklistOrigin): void {
    this.#entries = entries;
    for (const enforcer of this.#enforcers) {
      enforcer.setBanList(list);
    }
    this.#tell({ version: list.version, entries, origin, problem: undefined });
  }

  #onProblem(problem: string, origin: BlacklistOrigin): void {
    this.#problems += 1;
    this.#tell({ version: this.#watcher.version, entries: this.#entries, origin, problem });
  }
}
