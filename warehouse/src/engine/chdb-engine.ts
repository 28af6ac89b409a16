import { drainPending, Session } from 'chdb';
import { WarehouseError } from '../warehouse-error.ts';
import { ClickHouseException } from './clickhouse-exception.ts';
import { loadNativeInsert } from './native-insert.ts';
import { sqlString } from './sql-literal.ts';

export type EngineOptions = {
  /** Directory of the engine's own, existing. One process at a time. */
  readonly path: string;
  /** Bound on the memory of the whole engine. */
  readonly memoryLimitBytes: number;
};

export type ResultTotals = {
  readonly resultRows: number;
  readonly writtenRows: number;
  readonly writtenBytes: number;
  readonly elapsedMs: number;
};

export type BufferedResult = ResultTotals & { readonly bytes: Uint8Array };

/**
 * The embedded ClickHouse. Connections are cheap (measured: opened, set up and closed in 0.5 ms, no memory kept over
 * 3,000 of them), so every request gets its own and nothing set on one can reach another.
 */
export class ChdbEngine {
  /** Keeps the engine open, and runs what the process itself asks. */
  readonly #control: Session;
  readonly #path: string;
  readonly #insert = loadNativeInsert();
  /** The control connection runs one statement at a time, like any other. */
  #killing: Promise<unknown> = Promise.resolve();
  readonly version: string;
  readonly timezone: string;

  private constructor(path: string, control: Session) {
    this.#path = path;
    this.#control = control;
    const [version = '', timezone = ''] = control.query('SELECT version(), timezone()', 'TSV').trim().split('\t');
    this.version = version;
    this.timezone = timezone;
  }

  /** @throws WarehouseError `engine-failed` when the engine cannot be opened on this directory. */
  static open(options: EngineOptions): ChdbEngine {
    let control: Session | undefined;
    try {
      const connectionArgs = [`--max_server_memory_usage=${Math.floor(options.memoryLimitBytes)}`];
      control = new Session(options.path, { connectionArgs });
      return new ChdbEngine(options.path, control);
    } catch (cause) {
      control?.close();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WarehouseError(
        'engine-failed',
        `The database engine cannot be opened on ${options.path}: ${reason}. Its own log is on stderr; if the data was ` +
          'written by a newer version, start that version.',
        { cause },
      );
    }
  }

  /**
   * A connection for one request, prepared by `setup` (see `renderSessionSetup`).
   *
   * @throws ClickHouseException when the engine refuses the setup (unknown setting, unknown database).
   */
  connect(setup: string): EngineConnection {
    const session = new Session(this.#path);
    try {
      // On this thread: it takes 0.2 ms, and 2 ms with every core busy (measured, 99th percentile).
      session.query(setup, 'TSV');
    } catch (error) {
      session.close();
      throw ClickHouseException.from(error);
    }
    return new EngineConnection(session, this.#insert);
  }

  /** Asks the queries with this marker (see `renderSessionSetup`) to stop. They end by themselves soon after. */
  async kill(marker: string): Promise<void> {
    // ASYNC: with SYNC the engine hangs.
    const sql = `KILL QUERY WHERE Settings['log_comment'] = ${sqlString(marker)} ASYNC`;
    this.#killing = this.#killing.catch(() => undefined).then(() => this.#control.queryAsync(sql));
    await this.#killing;
  }

  /** Data parts the engine set aside as broken when it started, as `database.table: part (reason)`. */
  brokenParts(): readonly string[] {
    const sql =
      "SELECT database || '.' || table || ': ' || name || ' (' || reason || ')' FROM system.detached_parts " +
      "WHERE reason LIKE 'broken%' OR reason LIKE 'covered-by-broken%' ORDER BY 1 FORMAT TSVRaw";
    return this.#control.query(sql).split('\n').filter(Boolean);
  }

  /** Closes the engine. No query may be running: the engine does not survive that. */
  async close(): Promise<void> {
    await this.#killing.catch(() => undefined);
    this.#control.close();
    await drainPending();
  }
}

/** One request's connection. Runs one statement, then is closed. */
export class EngineConnection {
  readonly #session: Session;
  readonly #insert: ReturnType<typeof loadNativeInsert>;

  constructor(session: Session, insert: ReturnType<typeof loadNativeInsert>) {
    this.#session = session;
    this.#insert = insert;
  }

  /** Runs a statement; its result, if any, is held in memory. The promise settles when the engine has finished. */
  async run(sql: string, format: string): Promise<BufferedResult> {
    try {
      const result = await this.#session.queryAsync(sql, { format });
      return {
        bytes: result.bytes(),
        resultRows: result.rowsRead,
        writtenRows: 0,
        writtenBytes: 0,
        elapsedMs: result.elapsed * 1000,
      };
    } catch (error) {
      throw ClickHouseException.from(error);
    }
  }

  /** Runs an INSERT and counts what it wrote. */
  async insert(sql: string): Promise<ResultTotals> {
    if (this.#insert === undefined) return this.run(sql, 'TSV');
    try {
      const counts = await this.#insert(this.#session.connection, sql);
      return {
        resultRows: 0,
        writtenRows: counts.rowsWritten,
        writtenBytes: counts.bytesWritten,
        elapsedMs: counts.elapsed * 1000,
      };
    } catch (error) {
      throw ClickHouseException.from(error);
    }
  }

  /** Only after the statement has finished. */
  close(): void {
    this.#session.close();
  }
}
