import type { ResultTotals } from './chdb-engine.ts';
import type { ResultPipe } from './result-pipe.ts';

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
  pipe: ResultPipe,
  done: Promise<unknown>,
  inMemory: () => Uint8Array | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* pipe.output.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } finally {
    pipe.discard();
  }
  await done.catch(() => undefined);
  const bytes = inMemory();
  if (bytes !== undefined && bytes.length > 0) yield bytes;
}
