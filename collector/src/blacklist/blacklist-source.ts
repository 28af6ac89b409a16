import type { ClickHouseClient } from '@clickhouse/client';
import type { Blacklist, BlacklistChange } from '@telemetry/gen';
import {
  appendBlacklistChange,
  type BlacklistChangesPage,
  BlacklistError,
  migrate,
  type NewBlacklistChange,
  readBlacklist,
  readBlacklistChanges,
  readBlacklistVersion,
} from '@telemetry/warehouse';

/** Where the list is kept for all collectors. All calls reject with `BlacklistError` when it cannot be reached. */
export interface BlacklistSource {
  readVersion(signal: AbortSignal): Promise<number>;
  read(signal: AbortSignal): Promise<Blacklist>;
  append(change: NewBlacklistChange, signal: AbortSignal): Promise<void>;
  readChanges(page: BlacklistChangesPage, signal: AbortSignal): Promise<BlacklistChange[]>;
}

/** The list in a warehouse, whose tables are made when they are not there. */
export function warehouseSource(client: ClickHouseClient): BlacklistSource {
  const migrated = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BlacklistError) || error.kind !== 'not-migrated') throw error;
    }
    await migrate(client).catch((cause: unknown) => {
      throw new BlacklistError('unavailable', 'the tables of the blacklist could not be made', { cause });
    });
    return work();
  };
  return {
    readVersion: (signal) => migrated(() => readBlacklistVersion(client, signal)),
    read: (signal) => migrated(() => readBlacklist(client, signal)),
    append: (change, signal) => migrated(() => appendBlacklistChange(client, change, signal)),
    readChanges: (page, signal) => migrated(() => readBlacklistChanges(client, page, signal)),
  };
}
