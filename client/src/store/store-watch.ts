import { pollsPerRecovery, storePollMs } from '../limits.ts';
import type { PlatformTimer } from '../platform.ts';
import type { StoreTools } from './store-tools.ts';

/** What is done about what other processes do. */
export interface StoreWatchListener {
  /** They may have left something for this one. Never called while it runs. */
  onChange(): Promise<void>;
  /** They may have left something to send. */
  onPoll(): void;
  /** One of them may have died, or this one has put something aside as it was about to. Never called while it runs. */
  recover(): Promise<void>;
  onFailure(error: unknown): void;
}

/** Notices what other processes do: soon where the backend tells of changes, and by looking now and then in any case. */
export class StoreWatch {
  readonly #tools: StoreTools;
  readonly #folders: readonly string[];
  readonly #listener: StoreWatchListener;
  readonly #running = new Set<string>();
  #polls = 0;
  #timer: PlatformTimer | undefined;
  #stopWatching: (() => void) | undefined;
  #ended = false;

  constructor(tools: StoreTools, folders: readonly string[], listener: StoreWatchListener) {
    this.#tools = tools;
    this.#folders = folders;
    this.#listener = listener;
  }

  start(): void {
    if (!this.#ended) {
      this.#stopWatching = this.#tools.backend.watch(this.#folders, () => void this.#once('onChange'));
      this.#pollLater();
    }
  }

  recoverSoon(): void {
    void this.#once('recover');
  }

  end(): void {
    this.#ended = true;
    this.#timer?.cancel();
    this.#stopWatching?.();
  }

  #pollLater(): void {
    this.#timer = this.#tools.platform.setTimer(() => {
      this.#polls += 1;
      if (this.#polls % pollsPerRecovery === 0) {
        void this.#once('recover');
      }
      void this.#once('onChange');
      this.#listener.onPoll();
      this.#pollLater();
    }, storePollMs);
  }

  async #once(what: 'onChange' | 'recover'): Promise<void> {
    if (this.#ended || this.#running.has(what)) {
      return;
    }
    this.#running.add(what);
    try {
      await this.#listener[what]();
    } catch (error) {
      this.#listener.onFailure(error);
    } finally {
      this.#running.delete(what);
    }
  }
}
