import type { Socket } from 'node:net';
import type { ResultTotals } from './chdb-engine.ts';
import { ClickHouseException } from './clickhouse-exception.ts';

/** A SELECT under way. */
export type RunningQuery = {
  /** The result's bytes as the engine makes them. Read them to the end, or abort the query. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Settles when the engine has finished; the result is whole only if this resolves. Never unhandled. */
  readonly done: Promise<ResultTotals>;
  /** Resolves when engine, connection and pipe are all free again. */
  readonly closed: Promise<void>;
};

/** Bytes from the pipe, then those of a result made in memory instead, if any. */
export async function* resultBytes(
  pipe: Socket,
  done: Promise<unknown>,
  inMemory: () => Uint8Array | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of pipe as AsyncIterable<Uint8Array>) yield chunk;
  } catch (cause) {
    throw ClickHouseException.of('QUERY_WAS_CANCELLED', 'Query was cancelled', { cause });
  }
  await done.catch(() => undefined);
  const bytes = inMemory();
  if (bytes !== undefined && bytes.length > 0) yield bytes;
}
