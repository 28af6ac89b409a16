import { lockBeatMs, lockTrustMs, storePollMs } from '../limits.ts';
import type { Platform, PlatformTimer } from '../platform.ts';
import type { StoreBackend, StoreLock } from './store-backend.ts';

/** Whom a lease tells. */
export interface UploaderLeaseListener {
  onGained(): void;
  /** Another has it now, or may have. */
  onLost(): void;
  onFailure(error: unknown): void;
}

/** The right to send, which one process of all has: tries to get it, shows that it lives while it has it, and notices when it is gone. */
export class UploaderLease {
  readonly #name: string;
  readonly #backend: StoreBackend;
  readonly #platform: Platform;
  readonly #listener: UploaderLeaseListener;
  #lock: StoreLock | undefined;
  #confirmedMs = 0;
  #timer: PlatformTimer | undefined;
  #step: Promise<void> = Promise.resolve();
  #failed = false;
  #ended = false;

  constructor(name: string, backend: StoreBackend, platform: Platform, listener: UploaderLeaseListener) {
    this.#name = name;
    this.#backend = backend;
    this.#platform = platform;
    this.#listener = listener;
  }

  /** Whether this process had the lease a moment ago, so that nobody else can have it now. */
  get isHeld(): boolean {
    return this.#lock !== undefined && this.#platform.monotonicMs() - this.#confirmedMs < lockTrustMs;
  }

  start(): void {
    this.#step = this.#next();
  }

  /** Looks whether the lease is still this process's, and says so. */
  async confirm(): Promise<boolean> {
    const lock = this.#lock;
    if (lock === undefined) {
      return false;
    }
    const nowMs = this.#platform.monotonicMs();
    if (await lock.beat()) {
      this.#confirmedMs = nowMs;
      return this.#lock === lock;
    }
    await this.#lose(lock);
    return false;
  }

  /** Gives the lease up. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#timer?.cancel();
    await this.#step;
    const lock = this.#lock;
    this.#lock = undefined;
    await lock?.release();
  }

  async #next(): Promise<void> {
    try {
      if (this.#lock === undefined) {
        await this.#tryToGet();
      } else {
        await this.confirm();
      }
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) {
        this.#listener.onFailure(error);
      }
      this.#failed = true;
    }
    if (!this.#ended) {
      const delayMs = this.#lock === undefined ? storePollMs * (0.75 + this.#platform.random() / 2) : lockBeatMs;
      this.#timer = this.#platform.setTimer(() => this.start(), delayMs);
    }
  }

  async #tryToGet(): Promise<void> {
    const nowMs = this.#platform.monotonicMs();
    const lock = await this.#backend.tryLock(this.#name);
    if (lock === undefined) {
      return;
    }
    if (this.#ended) {
      await lock.release();
      return;
    }
    this.#lock = lock;
    this.#confirmedMs = nowMs;
    this.#listener.onGained();
  }

  async #lose(lock: StoreLock): Promise<void> {
    if (this.#lock === lock) {
      this.#lock = undefined;
      this.#listener.onLost();
    }
    await lock.release();
  }
}
