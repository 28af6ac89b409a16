import { setTimeout as delay } from 'node:timers/promises';
import { BUFFERED_RESULT_BYTES_MAX, KILL_RETRY_MS, QUERY_TIME_GRACE_MS } from '../limits.ts';
import type { BufferedResult, ChdbEngine, ResultTotals } from './chdb-engine.ts';
import { CLICKHOUSE_CODES, ClickHouseException } from './clickhouse-exception.ts';
import type { ResultPipes } from './result-pipe.ts';
import { type RunningQuery, resultBytes } from './running-query.ts';
import { renderSessionSetup, type SessionLimits, type SessionRequest } from './session-setup.ts';
import type { Statement } from './statement.ts';
import { checkStatementLimits } from './statement-limits.ts';

/** Statements that answer with rows and write none: their result is bounded, since it is made in memory. */
const READING_KEYWORDS: ReadonlySet<string> = new Set(['SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'CHECK']);

const never = new AbortController().signal;

/** Runs statements, each on a connection of its own, and makes sure that each ends. */
export class QueryRunner {
  readonly #engine: ChdbEngine;
  readonly #pipes: ResultPipes;
  readonly #limits: SessionLimits;
  readonly #live = new Map<string, Promise<unknown>>();
  readonly #shutdown = new AbortController();
  #counter = 0;

  constructor(engine: ChdbEngine, pipes: ResultPipes, limits: SessionLimits) {
    this.#engine = engine;
    this.#pipes = pipes;
    this.#limits = limits;
  }

  /** Runs a SELECT, its result streamed in the format it asks for or in `defaultFormat`. `signal` kills it. */
  select(statement: Statement, defaultFormat: string, request: SessionRequest, signal: AbortSignal): RunningQuery {
    const pipe = this.#pipes.take();
    let inMemory: Uint8Array | undefined;
    const work = async (): Promise<ResultTotals> => {
      try {
        const sql = statement.renderToFile(pipe.path, defaultFormat);
        return await this.#run(sql, request, signal, (connection) => connection.run(sql, defaultFormat));
      } catch (error) {
        if (!(error instanceof ClickHouseException) || error.code !== CLICKHOUSE_CODES.SYNTAX_ERROR) throw error;
        // Either the statement is wrong, and then the error should speak of the text as it was sent; or our clause went
        // to the wrong place (`ORDER BY format DESC`), and then the statement runs as it is.
        const result = await this.run(statement.text, defaultFormat, bounded(request), signal);
        inMemory = result.bytes;
        return result;
      } finally {
        pipe.end();
      }
    };
    const done = work();
    const closed = Promise.allSettled([done, pipe.closed]).then(() => pipe.release());
    return { output: resultBytes(pipe, done, () => inMemory), done, closed };
  }

  /**
   * Runs any other statement; its result, if it has one, is held in memory. `signal` kills it if it only reads: what
   * writes goes on when its client goes away, as in ClickHouse, since half a change helps nobody.
   */
  async other(
    statement: Statement,
    defaultFormat: string,
    request: SessionRequest,
    signal: AbortSignal,
  ): Promise<BufferedResult> {
    if (!READING_KEYWORDS.has(statement.keyword)) return this.run(statement.text, defaultFormat, request, never);
    return this.run(statement.text, defaultFormat, bounded(request), signal);
  }

  /** Runs `sql` as it is. */
  async run(sql: string, format: string, request: SessionRequest, signal: AbortSignal): Promise<BufferedResult> {
    return this.#run(sql, request, signal, (connection) => connection.run(sql, format));
  }

  /** Runs an INSERT, to its end, and counts what it wrote. */
  async insert(sql: string, request: SessionRequest): Promise<ResultTotals> {
    return this.#run(sql, request, never, (connection) => connection.insert(sql));
  }

  /** Waits until no query is left, at most `limitMs`. @returns how many are left. */
  async idle(limitMs: number): Promise<number> {
    const timeout = new AbortController();
    const limit = delay(limitMs, undefined, { signal: timeout.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled([...this.#live.values()]), limit]);
    timeout.abort();
    return this.#live.size;
  }

  /** Kills all there is and will be. */
  killAll(): void {
    this.#shutdown.abort();
  }

  /** Runs `work` on a connection of its own, killing its query when `signal` aborts or its time is well past. */
  async #run<T>(
    sql: string,
    request: SessionRequest,
    signal: AbortSignal,
    work: (connection: ReturnType<ChdbEngine['connect']>) => Promise<T>,
  ): Promise<T> {
    checkStatementLimits(sql, this.#limits);
    this.#counter += 1;
    const marker = `request-${process.pid}-${this.#counter}`;
    const connection = this.#engine.connect(renderSessionSetup(request, this.#limits, marker));
    const working = work(connection);
    this.#live.set(marker, working);
    const ended = new AbortController();
    const kill = () => void this.#killUntil(marker, ended.signal);
    const overdue = setTimeout(kill, this.#limits.timeLimitMs + QUERY_TIME_GRACE_MS);
    const stops = [signal, this.#shutdown.signal];
    for (const stop of stops) {
      stop.addEventListener('abort', kill, { once: true });
      if (stop.aborted) kill();
    }
    try {
      return await working;
    } finally {
      clearTimeout(overdue);
      for (const stop of stops) stop.removeEventListener('abort', kill);
      ended.abort();
      this.#live.delete(marker);
      connection.close();
    }
  }

  /** Again and again: a query still being planned is not in the engine's list of queries yet. */
  async #killUntil(marker: string, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await this.#engine.kill(marker).catch(() => undefined);
      await delay(KILL_RETRY_MS, undefined, { signal: ended }).catch(() => undefined);
    }
  }
}

/** The same request with a bound on its result, for results made in memory. */
function bounded(request: SessionRequest): SessionRequest {
  if (request.settings.has('max_result_bytes')) return request;
  return { ...request, settings: new Map([...request.settings, ['max_result_bytes', `${BUFFERED_RESULT_BYTES_MAX}`]]) };
}
