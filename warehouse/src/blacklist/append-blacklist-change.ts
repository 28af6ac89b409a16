import type { ClickHouseClient } from '@clickhouse/client';
import type { BlacklistEntry } from '@telemetry/gen';
import { database } from '../migrations/database.ts';
import { withBlacklistErrors } from './blacklist-error.ts';
import { entryToText } from './entry-text.ts';

/** A change as it is written; the warehouse gives it its time. */
export interface NewBlacklistChange {
  /** Random. A change written twice under one identifier counts once. */
  readonly id: string;
  readonly changedBy: string;
  readonly reason: string;
  /** With identifiers of their own, random and never used before. */
  readonly added: readonly BlacklistEntry[];
  /** An identifier that is not there removes nothing. */
  readonly removedIds: readonly string[];
  /** What the version is to be above the number of changes, at least: 0 unless the warehouse lost changes. */
  readonly versionOffset: number;
}

/**
 * Adds a change. It is in the list of everybody who reads after this has resolved. When this rejects, the change may still be in: try
 * again with the same identifier.
 *
 * @throws BlacklistError
 */
export async function appendBlacklistChange(
  client: ClickHouseClient,
  change: NewBlacklistChange,
  signal: AbortSignal,
): Promise<void> {
  const row = {
    change_id: change.id,
    changed_by: change.changedBy,
    reason: change.reason,
    'added.id': change.added.map((entry) => entry.id),
    'added.entry': change.added.map(entryToText),
    removed_ids: change.removedIds,
    version_offset: change.versionOffset,
  };
  await withBlacklistErrors('writing the change of the blacklist', () =>
    client.insert({
      table: `${database}.blacklist_change`,
      columns: Object.keys(row) as [string, ...string[]],
      values: [row],
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplication_token: change.id, async_insert: 0 },
      abort_signal: signal,
    }),
  );
}
