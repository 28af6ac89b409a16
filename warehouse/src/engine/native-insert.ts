import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What the engine says about rows it wrote, those written by materialized views included. */
export type InsertCounts = {
  readonly rowsWritten: number;
  readonly bytesWritten: number;
  /** Seconds. */
  readonly elapsed: number;
};

type Addon = {
  InsertRawAsyncConnection(connection: unknown, head: string, tail: Buffer, countLines: boolean): Promise<InsertCounts>;
};

/**
 * chdb's binding counts written rows for its own `insert` only, which takes no statement. The function below it takes
 * any, cut in two anywhere, and answers with the counts. It is not part of chdb's public interface, so a version of
 * chdb without it is survived: the counts are then missing from the answer, nothing else.
 */
export function loadNativeInsert(): ((connection: unknown, sql: string) => Promise<InsertCounts>) | undefined {
  try {
    const require = createRequire(import.meta.url);
    const root = dirname(require.resolve('chdb/package.json'));
    const loader = require(join(root, 'dist', 'loader.js')) as { loadNative(): Partial<Addon> };
    const insert = loader.loadNative().InsertRawAsyncConnection;
    if (typeof insert !== 'function') return undefined;
    const empty = Buffer.alloc(0);
    return (connection, sql) => insert(connection, sql, empty, false);
  } catch {
    return undefined;
  }
}
