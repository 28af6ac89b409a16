import type { Logger } from 'pino';
import { AccessError } from './access/access-error.ts';
import { type AccessOptions, missingForRemote, type OpenAccess, openAccess } from './access/open-access.ts';
import { repairDeduplicationLogs, syncDeduplicationLogs } from './deduplication/deduplication-logs.ts';
import { ChdbEngine } from './engine/chdb-engine.ts';
import { defaultMemoryLimitBytes } from './engine/memory-limit.ts';
import { QueryLane } from './engine/query-lane.ts';
import { QueryRunner } from './engine/query-runner.ts';
import { ResultPipes } from './engine/result-pipe.ts';
import { laneSlots, threadPoolSize } from './engine/thread-pool.ts';
import { HttpInterface } from './http/http-interface.ts';
import { formatAddress, isLoopback, type ListenAddress, parseListenAddress } from './http/listen-address.ts';
import { QueryHandler } from './http/query-handler.ts';
import type { QueryRecord } from './http/query-record.ts';
import {
  CLOSE_DRAIN_LIMIT_MS,
  CLOSE_KILL_LIMIT_MS,
  QUERY_MEMORY_SHARE,
  QUERY_TIME_LIMIT_MS,
  THREAD_POOL_SIZE_RECOMMENDED,
} from './limits.ts';
import { type DataDirectory, openDataDirectory } from './ownership/data-directory.ts';
import { ReaderGate } from './reader/reader-gate.ts';
import { WarehouseError } from './warehouse-error.ts';

export type WarehouseOptions = AccessOptions & {
  /** Where the data is. Created, private to the user, if it does not exist. One process at a time. */
  readonly dataDir: string;
  /** `host:port` to serve ClickHouse's HTTP interface on, `127.0.0.1:8123` by default; port 0 takes a free one. */
  readonly address?: string;
  readonly logger?: Logger;
  /** Bound on the engine's memory; half of the machine's (or container's) by default, at least 1 GiB. */
  readonly memoryLimitBytes?: number;
  /** Longest run of one statement; 300,000 by default. Clients may ask for less with `max_execution_time`. */
  readonly queryTimeLimitMs?: number;
  /** How long `close` waits for running queries before it kills them; 10,000 by default. */
  readonly closeDrainLimitMs?: number;
  /** Serve other machines, although nobody is asked for a key, or nothing is encrypted. */
  readonly dangerouslyAllowRemote?: boolean;
  /**
   * A second address on loopback, never encrypted, for the collector of the same run: it need not know the name in the certificate, nor have
   * one of its own. Port 0 takes a free one. Keys are asked for there as well.
   */
  readonly loopbackAddress?: string;
  /** Told of every query when it has ended. */
  readonly onQuery?: (record: QueryRecord) => void;
  /** For what is written down about the owner. The system's clock by default. */
  readonly now?: () => Date;
};

export type Warehouse = {
  /** `host:port` it listens on. */
  readonly address: string;
  readonly url: string;
  /** `host:port` of the second address, when there is one. */
  readonly loopbackAddress: string | undefined;
  /** Folder in which a process of the same user hands data over, in place of sending it: see `handedOverHeader`. */
  readonly handoverPath: string;
  /** Version of the engine. */
  readonly version: string;
  /** What is wrong, yet did not keep it from starting. Logged, too. */
  readonly warnings: readonly string[];
  /**
   * Takes no more requests, waits for those that run (kills them when they take too long), closes the engine and gives
   * the data directory back. Again and again does no harm.
   */
  close(): Promise<void>;
};

/**
 * Starts the embedded warehouse: owns a data directory, opens the engine on it, and serves ClickHouse's HTTP interface.
 *
 * The engine's queries run on libuv's thread pool, so set UV_THREADPOOL_SIZE (to 16, say) before the process starts:
 * the number of queries that run at once is derived from it, and with the default of 4 it is one, beside one insert.
 * One warehouse a process: the engine holds one data directory.
 *
 * @throws WarehouseError, whose kind says what is wrong and whose text says what to do.
 */
export async function startWarehouse(options: WarehouseOptions): Promise<Warehouse> {
  const address = parseListenAddress(options.address ?? '127.0.0.1:8123');
  const now = options.now ?? (() => new Date());
  const access = startAccess(options, address);
  let directory: DataDirectory | undefined;
  let engine: ChdbEngine | undefined;
  try {
    directory = openDataDirectory(options.dataDir, now());
    const memoryLimitBytes = options.memoryLimitBytes ?? defaultMemoryLimitBytes();
    // The engine caches the schema of protobuf inserts in the current directory, and trusts what it finds there for ever: a file that a
    // crash has cut off would fail every later load. This folder is emptied at every start.
    process.chdir(directory.temporaryPath);
    for (const { path, removed } of repairDeduplicationLogs(directory.enginePath)) {
      options.logger?.warn({ path, removed }, 'mended a deduplication log after a crash');
    }
    engine = ChdbEngine.open({ path: directory.enginePath, memoryLimitBytes });
    return await serve(options, address, access, directory, engine, memoryLimitBytes);
  } catch (error) {
    access.stop();
    await engine?.close();
    directory?.lock.release();
    throw error;
  }
}

async function serve(
  options: WarehouseOptions,
  address: ListenAddress,
  access: OpenAccess,
  directory: DataDirectory,
  engine: ChdbEngine,
  memoryLimitBytes: number,
): Promise<Warehouse> {
  const { logger } = options;
  const poolSize = await threadPoolSize();
  const slots = laneSlots(poolSize);
  const pipes = await ResultPipes.create(directory.temporaryPath, slots.queries);
  const runner = new QueryRunner(engine, pipes, {
    timeLimitMs: options.queryTimeLimitMs ?? QUERY_TIME_LIMIT_MS,
    memoryLimitBytes: Math.floor(memoryLimitBytes * QUERY_MEMORY_SHARE),
  });
  const handler = new QueryHandler({
    runner,
    queries: new QueryLane({ name: 'queries', slots: slots.queries }),
    inserts: new QueryLane({ name: 'inserts', slots: slots.inserts }),
    readers: await ReaderGate.open(runner),
    engineVersion: engine.version,
    temporaryPath: directory.temporaryPath,
    handoverPath: directory.handoverPath,
    clock: () => performance.now(),
    afterInsert: () => syncDeduplicationLogs(directory.enginePath),
    onQuery: (record) => {
      logger?.debug(record, 'query');
      options.onQuery?.(record);
    },
  });
  const { version, timezone } = engine;
  // Beyond this machine it has names that nobody knows here; a web page does not have the key.
  const isRemote = options.dangerouslyAllowRemote === true || !isLoopback(address.host);
  const hosts = isRemote ? undefined : [address.host];
  const shared = { handler, engineVersion: version, timezone, keys: access.keys };
  const http = new HttpInterface({ ...shared, hosts, tls: access.tls });
  const loopback = new HttpInterface({ ...shared, hosts: [], tls: undefined });
  const bound = formatAddress(await http.listen(address));
  const loopbackAddress = await listenLoopback(loopback, options.loopbackAddress);
  directory.lock.publish(bound);
  const warnings = [...poolWarnings(poolSize), ...engine.brokenParts().map(brokenPartText)];
  for (const warning of warnings) logger?.warn(warning);
  logger?.info(
    { address: bound, dataDir: directory.path, version, memoryLimitBytes, poolSize, ...slots },
    'warehouse ready',
  );
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    http.stopAccepting();
    loopback.stopAccepting();
    let left = await runner.idle(options.closeDrainLimitMs ?? CLOSE_DRAIN_LIMIT_MS);
    if (left > 0) {
      logger?.warn({ queries: left }, 'killing the queries that still run');
      runner.killAll();
      left = await runner.idle(CLOSE_KILL_LIMIT_MS);
    }
    await Promise.all([http, loopback].map((port) => port.close(CLOSE_KILL_LIMIT_MS)));
    access.stop();
    // The engine does not survive being closed under a query, and what is on disk is safe without.
    if (left === 0) await engine.close();
    else logger?.error({ queries: left }, 'queries cannot be killed: the engine is left open');
    directory.lock.release();
    logger?.info('warehouse closed');
  };
  return {
    address: bound,
    url: `${access.tls === undefined ? 'http' : 'https'}://${bound}`,
    loopbackAddress,
    handoverPath: directory.handoverPath,
    version,
    warnings,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Opens keys and certificate, before anything else. */
function startAccess(options: WarehouseOptions, address: ListenAddress): OpenAccess {
  let access: OpenAccess;
  try {
    access = openAccess(options, options.logger);
  } catch (cause) {
    if (!(cause instanceof AccessError)) throw cause;
    throw new WarehouseError('access-unusable', cause.message, { cause });
  }
  const missing = missingForRemote(access);
  if (missing === undefined || isLoopback(address.host) || options.dangerouslyAllowRemote === true) return access;
  access.stop();
  throw new WarehouseError(
    'address-not-loopback',
    `Refusing to listen on ${formatAddress(address)} (TELEMETRY_SQL_ADDRESS): other machines can reach it, and ${missing}. ` +
      'Mend that, listen on 127.0.0.1, or put a ClickHouse server there and set CLICKHOUSE_URL.',
  );
}

async function listenLoopback(http: HttpInterface, address: string | undefined): Promise<string | undefined> {
  if (address === undefined) return undefined;
  const wanted = parseListenAddress(address);
  if (isLoopback(wanted.host)) return formatAddress(await http.listen(wanted));
  throw new WarehouseError('address-not-loopback', `${address} is not an address of loopback.`);
}

function poolWarnings(poolSize: number): readonly string[] {
  if (poolSize >= THREAD_POOL_SIZE_RECOMMENDED) return [];
  const { queries, inserts } = laneSlots(poolSize);
  return [
    `The thread pool has ${poolSize} threads, so ${queries} queries and ${inserts} inserts can run at a time: set ` +
      `UV_THREADPOOL_SIZE=${THREAD_POOL_SIZE_RECOMMENDED} in the environment before the process starts.`,
  ];
}

function brokenPartText(part: string): string {
  return `The engine has set a broken data part aside, and its rows are missing from all answers: ${part}.`;
}
