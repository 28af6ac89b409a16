import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type Blacklist,
  type BlacklistEntry,
  BlacklistEntrySchema,
  BlacklistSchema,
  type ChangeBlacklistRequest,
  ErrorReason,
  type Limits,
} from '@telemetry/gen';
import { BlacklistError } from '@telemetry/warehouse';
import { BLACKLIST_SIZE_BYTES_MAX } from '../limits.ts';
import type { BlacklistSource } from './blacklist-source.ts';
import type { BlacklistStore } from './blacklist-store.ts';
import { ChangeError } from './change-error.ts';
import { checkChange } from './check-change.ts';

/** What a change works with. */
export interface BlacklistChangerParts {
  readonly store: BlacklistStore;
  readonly source: BlacklistSource;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A new identifier each time it is called: random, never the same. */
  readonly newId: () => string;
}

/** Attempts to write one change: what fails may have been written, and the identifier makes it count once. */
const WRITE_ATTEMPTS = 2;

/** Changes the list in the warehouse, one change after the other. */
export class BlacklistChanger {
  readonly #parts: BlacklistChangerParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: BlacklistChangerParts) {
    this.#parts = parts;
  }

  /**
   * Makes a change; the list after it, which this collector enforces from then on.
   *
   * @param changedBy who
   * @throws ChangeError when it cannot be made as it is, BlacklistError when the warehouse cannot take it now
   */
  change(request: ChangeBlacklistRequest, changedBy: string): Promise<Blacklist> {
    const { limits, clock } = this.#parts;
    checkChange(request, changedBy, limits, clock());
    // In turn, so that of two with the same expected version the second is told.
    const result = this.#last.then(() => this.#write(request, changedBy));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #write(request: ChangeBlacklistRequest, changedBy: string): Promise<Blacklist> {
    const { store, source, newId } = this.#parts;
    const warehouseVersion = await store.refresh();
    const expected = Number(request.expectedVersion);
    if (expected !== 0 && expected !== store.version) {
      const message = `The list has version ${store.version} by now, not ${expected}. Read it and decide anew.`;
      throw new ChangeError(ErrorReason.VERSION_CONFLICT, 'expected_version', message);
    }
    const added = request.add.map((entry) => this.#newEntry(entry, request.reason, changedBy));
    const isRestored = warehouseVersion < store.version;
    this.#checkResult(added, request.removeIds);
    const change = {
      id: newId(),
      changedBy,
      reason: request.reason,
      added,
      removedIds: [...new Set(request.removeIds)],
      versionOffset: isRestored ? store.version : 0,
    };
    for (let attempt = 1; ; attempt++) {
      try {
        await source.append(change, store.querySignal());
        break;
      } catch (error) {
        if (attempt === WRITE_ATTEMPTS || !(error instanceof BlacklistError)) throw error;
      }
    }
    await store.refresh();
    return store.list;
  }

  #newEntry(entry: BlacklistEntry, reason: string, changedBy: string): BlacklistEntry {
    const { clock, newId } = this.#parts;
    return create(BlacklistEntrySchema, {
      ...entry,
      id: newId(),
      reason: entry.reason === '' ? reason : entry.reason,
      createTime: timestampFromMs(clock()),
      createdBy: changedBy,
    });
  }

  /** Whether the list would keep its limits. By the list as it is known: two changes at once on two collectors may pass them a little. */
  #checkResult(added: readonly BlacklistEntry[], removeIds: readonly string[]): void {
    const { store, limits } = this.#parts;
    if (added.length === 0) return;
    const removed = new Set(removeIds);
    const entries = [...store.list.entries.filter(({ id }) => !removed.has(id)), ...added];
    const mend = 'Remove those that have expired, or ban several events by one prefix.';
    if (entries.length > limits.blacklistEntriesMax) {
      const message = `The list would have ${entries.length} entries; at most ${limits.blacklistEntriesMax}. ${mend}`;
      throw new ChangeError(ErrorReason.FIELD_TOO_LONG, 'add', message);
    }
    const sizeBytes = toBinary(BlacklistSchema, create(BlacklistSchema, { entries })).length;
    if (sizeBytes > BLACKLIST_SIZE_BYTES_MAX) {
      const message = `The list would have ${sizeBytes} bytes; at most ${BLACKLIST_SIZE_BYTES_MAX}. ${mend}`;
      throw new ChangeError(ErrorReason.FIELD_TOO_LONG, 'add', message);
    }
  }
}
