import { create } from '@bufbuild/protobuf';
import type { ClickHouseClient } from '@clickhouse/client';
import { type Blacklist, type BlacklistEntry, BlacklistSchema } from '@telemetry/gen';
import { database } from '../migrations/database.ts';
import { withBlacklistErrors } from './blacklist-error.ts';
import { entryFromText } from './entry-text.ts';

/** The version of the meaning of a `Blacklist` that this code writes and understands. */
export const BLACKLIST_API_VERSION = 1;

/** The version of all changes that a scan of the table saw. A change that was written twice counts once. */
const versionExpression = 'uniqExact(change_id) + max(version_offset)';

/** The version of the list: 0 when it was never changed. Costs the warehouse next to nothing. Throws BlacklistError. */
export async function readBlacklistVersion(client: ClickHouseClient, signal: AbortSignal): Promise<number> {
  const query = `SELECT toString(${versionExpression}) AS version FROM ${database}.blacklist_change`;
  const [row] = await readRows<{ version: string }>(client, query, signal);
  return Number(row?.version ?? 0);
}

/**
 * The list with its version, entries in the order in which they were added. One scan of the table, so that the version is that of
 * what was read whatever is written meanwhile.
 *
 * @throws BlacklistError
 */
export async function readBlacklist(client: ClickHouseClient, signal: AbortSignal): Promise<Blacklist> {
  const query = `
    SELECT toString(${versionExpression}) AS version,
      arraySort(groupArray((time, change_id, added.id, added.entry))).3 AS ids,
      arraySort(groupArray((time, change_id, added.id, added.entry))).4 AS entries,
      groupUniqArrayArray(removed_ids) AS removed
    FROM ${database}.blacklist_change`;
  type Row = { version: string; ids: string[][]; entries: string[][]; removed: string[] };
  const [row] = await readRows<Row>(client, query, signal);
  const removed = new Set(row?.removed);
  const entries = new Map<string, BlacklistEntry>();
  const texts = row?.entries.flat() ?? [];
  for (const [index, id] of (row?.ids.flat() ?? []).entries()) {
    if (!removed.has(id) && !entries.has(id)) entries.set(id, entryFromText(texts[index] ?? ''));
  }
  return create(BlacklistSchema, {
    apiVersion: BLACKLIST_API_VERSION,
    version: BigInt(row?.version ?? 0),
    entries: [...entries.values()],
  });
}

function readRows<Row>(client: ClickHouseClient, query: string, signal: AbortSignal): Promise<Row[]> {
  return withBlacklistErrors('reading the blacklist', async () => {
    const result = await client.query({ query, format: 'JSONEachRow', abort_signal: signal });
    return await result.json<Row>();
  });
}
