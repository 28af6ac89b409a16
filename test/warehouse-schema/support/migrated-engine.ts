import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll } from 'vitest';
import { migrate } from '../../../warehouse/src/index.ts';
import { EngineProcess } from './engine-process.ts';
import { TempDir } from './temp-dir.ts';

/** A client of an engine with all tables, which goes after the last test of the file. */
export async function migratedEngine(): Promise<ClickHouseClient> {
  const directory = new TempDir();
  const engine = await EngineProcess.start(directory.path);
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });
  await migrate(engine.client);
  return engine.client;
}
