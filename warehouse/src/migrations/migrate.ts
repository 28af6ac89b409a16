import type { ClickHouseClient } from '@clickhouse/client';
import { database } from './database.ts';
import type { Migration } from './migration.ts';
import { checksumOf } from './migration.ts';
import { MigrationError } from './migration-error.ts';
import { migrations } from './migration-list.ts';
import { withMigrationLock } from './migration-lock.ts';
import { createMigrationTable, selectMigrations } from './migration-table.ts';

/** What `migrate` did. */
export interface MigrationResult {
  /** Version of the database before. 0: it was empty. */
  readonly from: number;
  /** Version of the database now. */
  readonly to: number;
  /** The migrations that were run, as "1 first-light". */
  readonly applied: readonly string[];
}

/** How to migrate. */
export interface MigrateOptions {
  /** Told of every migration that is run. Default: nobody. */
  readonly log?: (message: string) => void;
  /** Default: those of this version of the code. */
  readonly migrations?: readonly Migration[];
}

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksums: readonly string[];
}

/**
 * Brings the database to the version of this code. Safe to run at every start, by several processes at once, and again after a crash in
 * the middle: every statement can be repeated, and a migration is recorded after its last statement.
 *
 * @throws MigrationError see its kinds.
 */
export async function migrate(client: ClickHouseClient, options: MigrateOptions = {}): Promise<MigrationResult> {
  const known = options.migrations ?? migrations;
  await run(client, `CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic`, 'creating the database');
  await run(client, createMigrationTable, 'creating the table of migrations');
  const { from, pending } = await readPending(client, known);
  if (pending.length === 0) return { from, to: from, applied: [] };
  return await withMigrationLock(client, () => applyPending(client, known, options));
}

async function applyPending(
  client: ClickHouseClient,
  known: readonly Migration[],
  { log }: MigrateOptions,
): Promise<MigrationResult> {
  // Again: who had the lock before has done some of it.
  const { from, pending } = await readPending(client, known);
  for (const migration of pending) {
    log?.(`migrating the database to version ${migration.version} (${migration.name})`);
    await apply(client, migration);
  }
  return { from, to: pending.at(-1)?.version ?? from, applied: pending.map(labelOf) };
}

async function readPending(
  client: ClickHouseClient,
  known: readonly Migration[],
): Promise<{ from: number; pending: readonly Migration[] }> {
  const applied = await readApplied(client);
  checkApplied(known, applied);
  const from = applied.at(-1)?.version ?? 0;
  return { from, pending: known.filter((migration) => migration.version > from) };
}

async function apply(client: ClickHouseClient, migration: Migration): Promise<void> {
  for (const [index, statement] of migration.statements.entries()) {
    await run(client, statement, `migration ${labelOf(migration)}, statement ${index + 1}`);
  }
  const checksum = checksumOf(migration);
  // The token makes the record one row when two processes write it.
  await run(
    client,
    `INSERT INTO ${database}.migration SETTINGS insert_deduplication_token = 'migration-${migration.version}-${checksum}', async_insert = 0
     VALUES (${migration.version}, '${migration.name}', '${checksum}', now64(3))`,
    `recording migration ${labelOf(migration)}`,
  );
}

/** Compares what the database has with what the code knows. */
function checkApplied(known: readonly Migration[], applied: readonly AppliedMigration[]): void {
  const latest = known.at(-1)?.version ?? 0;
  for (const { version, name, checksums } of applied) {
    const migration = known.find((candidate) => candidate.version === version);
    if (migration === undefined) {
      throw new MigrationError(
        'database-newer',
        `the database has migration ${version} (${name}), this code knows them up to ${latest}: start the newer version of this software`,
      );
    }
    const expected = checksumOf(migration);
    if (checksums.some((checksum) => checksum !== expected)) {
      throw new MigrationError(
        'checksum-mismatch',
        `migration ${labelOf(migration)} was applied with checksum ${checksums.join(', ')} but is ${expected} in this code: ` +
          'an applied migration must never be edited; restore it and put the change into a new one',
      );
    }
  }
}

async function readApplied(client: ClickHouseClient): Promise<AppliedMigration[]> {
  try {
    const result = await client.query({ query: selectMigrations, format: 'JSONEachRow' });
    return await result.json<AppliedMigration>();
  } catch (cause) {
    throw failure('reading the applied migrations', cause);
  }
}

async function run(client: ClickHouseClient, statement: string, doing: string): Promise<void> {
  try {
    await client.command({ query: statement });
  } catch (cause) {
    throw failure(doing, cause);
  }
}

function failure(doing: string, cause: unknown): MigrationError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MigrationError('statement-failed', `${doing} failed: ${reason}`, { cause });
}

function labelOf(migration: Migration): string {
  return `${migration.version} ${migration.name}`;
}
