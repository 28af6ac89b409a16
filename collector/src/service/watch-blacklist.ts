import { create, type MessageShape } from '@bufbuild/protobuf';
import { type Blacklist, BlacklistSchema, ErrorReason, WatchBlacklistResponseSchema } from '@telemetry/gen';
import { Refusal } from '../admission/refusal.ts';
import type { BlacklistStore } from '../blacklist/blacklist-store.ts';
import { BLACKLIST_WATCH_SIZE_BYTES_MAX, BLACKLIST_WATCHERS_MAX } from '../limits.ts';
import type { RetryDelay } from './retry-delay.ts';

/** What a client watches, see `WatchBlacklistRequest`. */
export interface WatchRequest {
  readonly knownVersion: number;
  readonly product: string;
}

/** Tells clients of every change of the list, so many of them at a time. */
export class BlacklistWatchers {
  readonly #store: BlacklistStore;
  readonly #stopping: AbortSignal;
  readonly #retryDelay: RetryDelay;
  #count = 0;

  /** @param stopping aborted when the collector stops */
  constructor(store: BlacklistStore, stopping: AbortSignal, retryDelay: RetryDelay) {
    this.#store = store;
    this.#stopping = stopping;
    this.#retryDelay = retryDelay;
  }

  /** The list now, unless it is known, and after each change, until `signal` is aborted. Throws Refusal when there are too many. */
  async *watch(
    { knownVersion, product }: WatchRequest,
    signal: AbortSignal,
  ): AsyncGenerator<MessageShape<typeof WatchBlacklistResponseSchema>> {
    this.#refuseTooMany(this.#count + 1);
    let known = knownVersion;
    let wake = () => {};
    const onEvent = () => wake();
    const stopListening = this.#store.onChange(onEvent);
    const ends = [signal, this.#stopping];
    for (const end of ends) end.addEventListener('abort', onEvent);
    this.#count++;
    try {
      while (!signal.aborted && !this.#stopping.aborted) {
        if (this.#store.version === known) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        this.#refuseTooMany(this.#count);
        known = this.#store.version;
        // A client that has a newer list than this collector ignores what it is sent, as it must.
        yield create(WatchBlacklistResponseSchema, { blacklist: entriesFor(this.#store.list, product) });
      }
    } finally {
      this.#count--;
      stopListening();
      for (const end of ends) end.removeEventListener('abort', onEvent);
    }
    if (signal.aborted) return;
    const message = 'The collector is stopping. Watch the list through another one.';
    throw Refusal.retryable(ErrorReason.SHUTTING_DOWN, message, this.#retryDelay.next(0));
  }

  /** A list that is long fills the memory when it goes to many at once, so there may be fewer then. */
  #refuseTooMany(count: number): void {
    const byMemory = Math.floor(BLACKLIST_WATCH_SIZE_BYTES_MAX / Math.max(1, this.#store.sizeBytes));
    if (count <= Math.min(BLACKLIST_WATCHERS_MAX, byMemory)) return;
    const message =
      'Too many watch the list here. Go by the version in the acknowledgements, or ask another collector.';
    throw Refusal.retryable(ErrorReason.OVERLOADED, message, this.#retryDelay.next(1));
  }
}

/** The list with the entries that concern a product; all of them when it is empty. */
export function entriesFor(list: Blacklist, product: string): Blacklist {
  if (product === '') return list;
  const entries = list.entries.filter((entry) => entry.product === '' || entry.product === product);
  return create(BlacklistSchema, { apiVersion: list.apiVersion, version: list.version, entries });
}
