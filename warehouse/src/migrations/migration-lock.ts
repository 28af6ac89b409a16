import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import { MIGRATION_LOCK_LIFE_MS, MIGRATION_LOCK_LOOK_MS } from '../limits.ts';
import { database } from './database.ts';

const table = `${database}.migration_lock`;
/** `TABLE_ALREADY_EXISTS`. */
const EXISTS_CODE = 57;
/** In the life of a lock. */
const RENEWALS = 6;

/**
 * Runs `work` while nobody else migrates: one that moves a table would lose what is stored meanwhile by another that is done already. The lock is
 * a table, which only one of several can create; its age is that of its comment, which the holder renews. One whose holder has died is taken
 * away when it has not been renewed for its life.
 *
 * @param lifeMs at least some seconds
 */
export async function withMigrationLock<Result>(
  client: ClickHouseClient,
  work: () => Promise<Result>,
  lifeMs = MIGRATION_LOCK_LIFE_MS,
): Promise<Result> {
  const holder = randomUUID();
  while (!(await tryLock(client, holder))) {
    await removeStale(client, lifeMs);
    await delay(MIGRATION_LOCK_LOOK_MS);
  }
  const renewing = setInterval(() => {
    const query = `ALTER TABLE ${table} MODIFY COMMENT '${holder} ${Date.now()}'`;
    // One that fails is made up for by the next.
    client.command({ query }).catch(() => {});
  }, lifeMs / RENEWALS);
  try {
    return await work();
  } finally {
    clearInterval(renewing);
    await client.command({ query: `DROP TABLE IF EXISTS ${table} SYNC` });
  }
}

async function tryLock(client: ClickHouseClient, holder: string): Promise<boolean> {
  try {
    await client.command({ query: `CREATE TABLE ${table} (nothing UInt8) ENGINE = Memory COMMENT '${holder}'` });
    return true;
  } catch (error) {
    if (Number((error as { code?: unknown }).code) === EXISTS_CODE) return false;
    throw error;
  }
}

async function removeStale(client: ClickHouseClient, lifeMs: number): Promise<void> {
  const result = await client.query({
    query: `SELECT dateDiff('second', metadata_modification_time, now()) AS age_s FROM system.tables
      WHERE database = '${database}' AND name = 'migration_lock'`,
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ age_s: string | number }>();
  if (row === undefined || Number(row.age_s) * 1000 < lifeMs) return;
  await client.command({ query: `DROP TABLE IF EXISTS ${table} SYNC` });
}
