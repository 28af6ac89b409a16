import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ClickHouseClient } from '@clickhouse/client';
import { type BlacklistChange, BlacklistChangeSchema, type BlacklistEntry } from '@telemetry/gen';
import { database } from '../migrations/database.ts';
import { withBlacklistErrors } from './blacklist-error.ts';
import { entryFromText } from './entry-text.ts';

/** Which changes to read. */
export interface BlacklistChangesPage {
  /** At most so many. */
  readonly pageSize: number;
  /** Only changes before this version. 0: from the newest. */
  readonly beforeVersion: number;
  /** The page ends when it has about this size. */
  readonly sizeBytesMax: number;
}

/** What an entry that was removed adds to the size of a page, on an average. */
const REMOVED_ENTRY_SIZE_BYTES = 300;
/** Identifiers travel in the address of a query, which has its bound. */
const IDS_PER_QUERY = 1_000;

interface Row {
  readonly version: string;
  readonly time_ms: number;
  readonly changed_by: string;
  readonly reason: string;
  readonly entries: string[];
  readonly removed_ids: string[];
}

/** The history, the newest first; what was removed is said whole. Throws BlacklistError. */
export async function readBlacklistChanges(
  client: ClickHouseClient,
  page: BlacklistChangesPage,
  signal: AbortSignal,
): Promise<BlacklistChange[]> {
  return withBlacklistErrors('reading the history of the blacklist', async () => {
    const rows = await readChanges(client, page, signal);
    const removable = await readEntries(client, [...new Set(rows.flatMap((row) => row.removed_ids))], signal);
    const changes = rows.map((row) =>
      create(BlacklistChangeSchema, {
        version: BigInt(row.version),
        time: timestampFromMs(Number(row.time_ms)),
        changedBy: row.changed_by,
        reason: row.reason,
        added: row.entries.map(entryFromText),
        removed: row.removed_ids.flatMap((id) => removable.get(id) ?? []),
      }),
    );
    return changes.slice(0, fittingChanges(changes, page.sizeBytesMax));
  });
}

/** How many changes fit: the query knows only about what removed entries have on an average. At least one, however large it is. */
function fittingChanges(changes: readonly BlacklistChange[], sizeBytesMax: number): number {
  let sizeBytes = 0;
  for (const [index, change] of changes.entries()) {
    sizeBytes += toBinary(BlacklistChangeSchema, change).length;
    if (sizeBytes > sizeBytesMax) return Math.max(1, index);
  }
  return changes.length;
}

async function readChanges(client: ClickHouseClient, page: BlacklistChangesPage, signal: AbortSignal) {
  const result = await client.query({
    // The newest is given however large it is: a page without any would be the end of the history.
    query: `
      WITH
        numbered AS
        (
          SELECT time, changed_by, reason, added.entry AS entries, removed_ids,
            arraySum(arrayMap(entry -> length(entry), entries)) + ${REMOVED_ENTRY_SIZE_BYTES} * length(removed_ids) AS size_bytes,
            row_number() OVER ordered + max(version_offset) OVER ordered AS number
          FROM (SELECT * FROM ${database}.blacklist_change ORDER BY time, change_id LIMIT 1 BY change_id)
          WINDOW ordered AS (ORDER BY time, change_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
        ),
        page AS
        (
          SELECT *, sum(size_bytes) OVER (ORDER BY number DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - size_bytes AS before_bytes
          FROM numbered WHERE {before:UInt64} = 0 OR number < {before:UInt64}
          ORDER BY number DESC LIMIT {page_size:UInt32}
        )
      SELECT toString(number) AS version, toUnixTimestamp64Milli(time) AS time_ms, changed_by, reason, entries, removed_ids
      FROM page WHERE before_bytes < {size_bytes:UInt64} ORDER BY number DESC`,
    query_params: { before: page.beforeVersion, page_size: page.pageSize, size_bytes: page.sizeBytesMax },
    format: 'JSONEachRow',
    abort_signal: signal,
  });
  return result.json<Row>();
}

/** Entries by identifier, whenever they were added. */
async function readEntries(client: ClickHouseClient, ids: readonly string[], signal: AbortSignal) {
  const entries = new Map<string, BlacklistEntry>();
  for (let from = 0; from < ids.length; from += IDS_PER_QUERY) {
    const result = await client.query({
      query: `
        SELECT id, any(entry) AS entry FROM ${database}.blacklist_change ARRAY JOIN added.id AS id, added.entry AS entry
        WHERE id IN ({ids:Array(String)}) GROUP BY id`,
      query_params: { ids: ids.slice(from, from + IDS_PER_QUERY) },
      format: 'JSONEachRow',
      abort_signal: signal,
    });
    for (const row of await result.json<{ id: string; entry: string }>()) entries.set(row.id, entryFromText(row.entry));
  }
  return entries;
}
