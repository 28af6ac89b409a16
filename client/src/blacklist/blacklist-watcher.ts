import type { BanList } from '../ban-list.ts';
import type { BlacklistSource, BlacklistStore } from '../blacklist-source.ts';
import { ChannelError, describe } from '../errors.ts';
import { blacklistStorePollJitter, blacklistStorePollMs, blacklistTimeoutMs } from '../limits.ts';
import type { Platform, PlatformTimer } from '../platform.ts';
import { type RetryPolicy, retryDelayMs } from '../retry-decision.ts';
import { compileBanList } from './compile-ban-list.ts';
import { judgeBlacklist } from './judge-blacklist.ts';

/** Where a list came from. */
export type BlacklistOrigin = 'collector' | 'store';

/** Whom a watcher tells. None of it may throw. */
export interface BlacklistWatcherListener {
  /** A newer list is in force. */
  onList(list: BanList, entryCount: number, origin: BlacklistOrigin): void;
  /** A list was refused, or could not be fetched, read or kept; the one that is there stays in force. */
  onProblem(problem: string, origin: BlacklistOrigin): void;
}

/** What a watcher stands on. */
export interface BlacklistWatcherOptions {
  readonly product: string;
  /** Undefined: there is none, and the store alone is read. */
  readonly source: BlacklistSource | undefined;
  /** Undefined: nothing is kept. */
  readonly store: BlacklistStore | undefined;
  readonly retry: RetryPolicy;
  readonly platform: Platform;
}

/**
 * Keeps the newest blacklist in force: the last good copy of the store from the start, the collector's as soon as it answers, each later one
 * by the watch of an open connection, and by a question when an acknowledgement names a newer one. No timer of it keeps the process alive;
 * a question does until it is answered, for `blacklistTimeoutMs` at most. Never throws.
 */
export class BlacklistWatcher {
  readonly #options: BlacklistWatcherOptions;
  readonly #listener: BlacklistWatcherListener;
  #ended = new AbortController();
  #version = 0;
  /** The list in force, where there is a store to keep it in. */
  #bytes: Uint8Array | undefined;
  /** The newest version that a collector has named. */
  #namedVersion = 0;
  /** Whether a collector has answered the question of the start. */
  #answered = false;
  #fetching = false;
  #failures = 0;
  #fetchTimer: PlatformTimer | undefined;
  #pollTimer: PlatformTimer | undefined;
  #syncing = false;
  #storeProblem: string | undefined;
  #endWatch: (() => void) | undefined;

  constructor(options: BlacklistWatcherOptions, listener: BlacklistWatcherListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Version of the list in force; 0: none. */
  get version(): number {
    return this.#version;
  }

  /** Begins, or goes on after `stop`. In a turn of the event loop of its own, so that a process that ends at once asks nobody. */
  start(): void {
    this.#ended = new AbortController();
    const { source, product } = this.#options;
    this.#endWatch = source?.watch?.(
      () => ({ version: this.#version, product }),
      (bytes) => this.#take(bytes, 'collector'),
    );
    this.#fetchAfter(0);
    void this.#syncStore();
  }

  /** A collector has named the version in force. One that has answered is asked at once, whatever failed before. */
  onVersion(version: number): void {
    if (version > this.#version && version > this.#namedVersion) {
      this.#namedVersion = version;
      this.#fetchAfter(0);
    }
  }

  /** Asks, hears and keeps nothing more. The list stays in force. */
  stop(): void {
    this.#ended.abort();
    this.#endWatch?.();
    this.#fetchTimer?.cancel();
    this.#pollTimer?.cancel();
  }

  get #isWanting(): boolean {
    return !this.#answered || this.#version < this.#namedVersion;
  }

  #fetchAfter(delayMs: number): void {
    if (this.#options.source !== undefined && !this.#fetching && !this.#ended.signal.aborted) {
      this.#fetchTimer?.cancel();
      this.#fetchTimer = this.#options.platform.setTimer(() => void this.#fetch(), delayMs);
    }
  }

  async #fetch(): Promise<void> {
    const { source, platform, retry } = this.#options;
    if (source === undefined || !this.#isWanting) {
      return;
    }
    const { signal } = this.#ended;
    this.#fetching = true;
    const namedVersion = this.#namedVersion;
    const failure = await this.#ask(source, signal);
    this.#fetching = false;
    this.#answered ||= failure === undefined;
    if (!this.#isWanting) {
      this.#failures = 0;
    } else if (signal.aborted) {
      // Stopped, and perhaps begun anew, which had to wait for this.
      this.#fetchAfter(0);
    } else if (failure === undefined && this.#namedVersion > namedVersion) {
      this.#fetchAfter(0);
    } else {
      // An answer without what a collector has named counts as a failure: another one may lag behind.
      this.#failures += 1;
      const reason = failure ?? { kind: 'retryable' as const, retryDelayMs: 0 };
      this.#fetchAfter(retryDelayMs(reason, this.#failures, retry, platform.random()));
    }
    if (failure !== undefined && !signal.aborted) {
      this.#listener.onProblem(failure.message, 'collector');
    }
  }

  /** Asks once; gives what went wrong. */
  async #ask(source: BlacklistSource, ended: AbortSignal): Promise<ChannelError | undefined> {
    const { product, platform } = this.#options;
    const timeout = new AbortController();
    const timer = platform.setTimer(() => timeout.abort(), blacklistTimeoutMs);
    try {
      const signal = AbortSignal.any([ended, timeout.signal]);
      const bytes = await source.fetch({ version: this.#version, product }, signal);
      if (bytes !== undefined) {
        this.#take(bytes, 'collector');
      }
      return undefined;
    } catch (error) {
      return error instanceof ChannelError ? error : new ChannelError(describe(error), { kind: 'retryable' });
    } finally {
      timer.cancel();
    }
  }

  #take(bytes: Uint8Array, origin: BlacklistOrigin): void {
    if (this.#ended.signal.aborted) {
      return;
    }
    const judgement = judgeBlacklist(bytes, this.#version);
    if (judgement.kind === 'refused') {
      this.#listener.onProblem(`a list was refused: ${judgement.problem}`, origin);
    } else if (judgement.kind === 'newer') {
      const { list } = judgement;
      const { store, platform } = this.#options;
      this.#version = list.version;
      this.#bytes = store === undefined ? undefined : bytes;
      this.#listener.onList(
        compileBanList(list, () => platform.nowUnixUs()),
        list.entries.length,
        origin,
      );
      if (origin === 'collector') {
        void this.#syncStore();
      }
    }
  }

  /** Other processes keep theirs in the same place: what is newer there is taken, and what is older, or no list, is replaced. */
  async #syncStore(): Promise<void> {
    const { store, platform } = this.#options;
    if (store === undefined || this.#syncing) {
      return;
    }
    this.#syncing = true;
    this.#pollTimer?.cancel();
    const versionBefore = this.#version;
    try {
      const kept = await store.read();
      const judgement = kept === undefined ? undefined : judgeBlacklist(kept, 0);
      const version = judgement?.kind === 'newer' ? judgement.list.version : 0;
      if (kept !== undefined && version > this.#version) {
        this.#take(kept, 'store');
      } else if (this.#bytes !== undefined && version < this.#version && !this.#ended.signal.aborted) {
        await store.write(this.#bytes);
      }
      this.#tellOfStore(judgement?.kind === 'refused' ? `the kept list was refused: ${judgement.problem}` : undefined);
    } catch (error) {
      this.#tellOfStore(`the list cannot be kept: ${describe(error)}`);
    }
    this.#syncing = false;
    if (this.#version > versionBefore) {
      // It came in the meantime.
      void this.#syncStore();
    } else if (!this.#ended.signal.aborted) {
      const jitter = 1 + blacklistStorePollJitter * (2 * platform.random() - 1);
      this.#pollTimer = platform.setTimer(() => void this.#syncStore(), blacklistStorePollMs * jitter);
    }
  }

  /** Once, and not every minute. */
  #tellOfStore(problem: string | undefined): void {
    if (problem !== undefined && problem !== this.#storeProblem && !this.#ended.signal.aborted) {
      this.#listener.onProblem(problem, 'store');
    }
    this.#storeProblem = problem;
  }
}
