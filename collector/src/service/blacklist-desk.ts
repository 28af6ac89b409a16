import { create, type MessageShape } from '@bufbuild/protobuf';
import {
  type ChangeBlacklistRequest,
  ChangeBlacklistResponseSchema,
  ErrorReason,
  type GetBlacklistRequest,
  GetBlacklistResponseSchema,
  type ListBlacklistChangesRequest,
  ListBlacklistChangesResponseSchema,
  type WatchBlacklistRequest,
} from '@telemetry/gen';
import { BlacklistError } from '@telemetry/warehouse';
import { Refusal } from '../admission/refusal.ts';
import type { BlacklistChanger } from '../blacklist/blacklist-changer.ts';
import type { BlacklistSource } from '../blacklist/blacklist-source.ts';
import type { BlacklistStore } from '../blacklist/blacklist-store.ts';
import { ChangeError } from '../blacklist/change-error.ts';
import {
  BLACKLIST_CHANGES_DEFAULT,
  BLACKLIST_CHANGES_MAX,
  BLACKLIST_CHANGES_SIZE_BYTES_MAX,
  BLACKLIST_REQUESTS_MAX,
} from '../limits.ts';
import type { RetryDelay } from './retry-delay.ts';
import { type BlacklistWatchers, entriesFor } from './watch-blacklist.ts';

/** What the service of the blacklist works with. */
export interface BlacklistDeskParts {
  readonly store: BlacklistStore;
  readonly source: BlacklistSource;
  readonly changer: BlacklistChanger;
  readonly watchers: BlacklistWatchers;
  readonly retryDelay: RetryDelay;
}

/** `telemetry.v1.BlacklistService`, whatever protocol carries it. What cannot be answered is a `Refusal`. */
export class BlacklistDesk {
  readonly #parts: BlacklistDeskParts;
  /** Requests that the warehouse is being asked for. */
  #pending = 0;

  constructor(parts: BlacklistDeskParts) {
    this.#parts = parts;
  }

  /** The list, or that it has not changed. */
  get(request: GetBlacklistRequest): MessageShape<typeof GetBlacklistResponseSchema> {
    const { store } = this.#parts;
    const { list } = store;
    if (request.knownVersion === list.version) {
      return create(GetBlacklistResponseSchema, { result: { case: 'notModifiedVersion', value: list.version } });
    }
    const value = entriesFor(list, request.product);
    return create(GetBlacklistResponseSchema, { result: { case: 'blacklist', value } });
  }

  /** The list now, unless it is known, and after each change. */
  watch(request: WatchBlacklistRequest, signal: AbortSignal) {
    const { knownVersion, product } = request;
    return this.#parts.watchers.watch({ knownVersion: Number(knownVersion), product }, signal);
  }

  /**
   * Changes the list.
   *
   * @param identity who asks, by the key; undefined where keys are off, and the request says it
   */
  change(request: ChangeBlacklistRequest, identity: string | undefined) {
    return this.#asking(async () => {
      const blacklist = await this.#parts.changer.change(request, identity ?? request.changedBy);
      return create(ChangeBlacklistResponseSchema, { blacklist });
    });
  }

  /** The history, the newest first. */
  listChanges(request: ListBlacklistChangesRequest) {
    const { source, store } = this.#parts;
    return this.#asking(async () => {
      const page = {
        pageSize: Math.min(
          request.pageSize === 0 ? BLACKLIST_CHANGES_DEFAULT : request.pageSize,
          BLACKLIST_CHANGES_MAX,
        ),
        beforeVersion: Number(request.beforeVersion),
        sizeBytesMax: BLACKLIST_CHANGES_SIZE_BYTES_MAX,
      };
      const changes = await source.readChanges(page, store.querySignal());
      return create(ListBlacklistChangesResponseSchema, { changes });
    });
  }

  async #asking<Result>(work: () => Promise<Result>): Promise<Result> {
    const { retryDelay } = this.#parts;
    if (this.#pending >= BLACKLIST_REQUESTS_MAX) {
      throw Refusal.retryable(ErrorReason.OVERLOADED, 'Too many requests wait for the warehouse.', retryDelay.next(1));
    }
    this.#pending++;
    try {
      return await work();
    } catch (error) {
      if (error instanceof ChangeError) {
        throw new Refusal({ reason: error.reason, field: error.field, message: error.message });
      }
      if (error instanceof BlacklistError) {
        const message = `The warehouse, where the list is kept, cannot be asked now (${error.message}). Try again.`;
        throw Refusal.retryable(ErrorReason.STORAGE_UNAVAILABLE, message, retryDelay.next(0));
      }
      throw error;
    } finally {
      this.#pending--;
    }
  }
}
