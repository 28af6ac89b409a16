import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { type Logger, pino } from 'pino';
import { DRAIN_TIMEOUT_MS_DEFAULT } from '../limits.ts';
import { StartError } from '../start-error.ts';
import { type ReadyLine, ServiceProcess } from '../supervise/service-process.ts';
import {
  type ServiceAccessOptions,
  serviceAccess,
  serviceAccessArguments,
  withServiceAccess,
} from './access-options.ts';
import {
  allowRemoteOption,
  clickhouseUrlOption,
  dataDirOption,
  grpcAddressOption,
  logLevelOption,
  sqlAddressOption,
  webAddressOption,
  webAllowOriginOption,
} from './options.ts';
import { makeFilesPrivate } from './private-files.ts';
import { clientToolPath } from './replay.ts';
import type { ResourceUse } from './resource-use.ts';
import { newServiceKey, SERVICE_KEY_VARIABLE, WAREHOUSE_KEY_VARIABLE } from './service-key.ts';
import { onImpatience, untilStopped } from './until-stopped.ts';
import { writeLine, writeNotice } from './write-line.ts';

interface ServeOptions extends ServiceAccessOptions {
  readonly grpcAddress: string;
  readonly webAddress: string;
  readonly webAllowOrigin: readonly string[];
  readonly sqlAddress: string;
  readonly clickhouseUrl?: string;
  readonly logLevel: string;
  readonly demo?: boolean;
  readonly json?: boolean;
  readonly dangerouslyAllowRemote: boolean;
}

/** The engine reads what is left of its parts at start, which may be many after a crash. */
const READY_TIMEOUT_MS = 120_000;
const RESTART_DELAY_MS_MIN = 200;
const RESTART_DELAY_MS_MAX = 10_000;
/** A service that was told to stop gets its drain, and a little more to close. */
const STOP_TIMEOUT_MS = DRAIN_TIMEOUT_MS_DEFAULT + 10_000;
/**
 * Options of the JavaScript heap for what streams through: memory of batches that has passed counts as heap until it is collected, and next to a
 * heap of 20 MB soon looks like too much of it. Half of the usual young generation lets go of it earlier, and an old one that may grow fourfold
 * before it is searched makes the search rare. Measured with 1,000 events a batch: it took a fifth to a third of the collector's time.
 */
const STREAMING_HEAP_OPTIONS = ['--max-semi-space-size=8', '--heap-growing-percent=300'];
/**
 * The collector's has a bound, too: what it holds of batches lies outside, in buffers of fixed size; a heap of this size is never nearly full, and
 * keeps the process from growing as far as the machine allows.
 */
const COLLECTOR_HEAP_OPTIONS = ['--max-old-space-size=384', ...STREAMING_HEAP_OPTIONS];
/** Queries run on libuv's thread pool, whose size is fixed before a process starts. */
const ENGINE_THREAD_POOL_SIZE = '16';
const DEMO_USERS = 300;

/** `telemetry serve`: the whole product on one machine. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('Run the collector and the embedded warehouse, each in a process that is started again when it dies.')
    .addOption(dataDirOption())
    .addOption(grpcAddressOption())
    .addOption(webAddressOption())
    .addOption(webAllowOriginOption())
    .addOption(sqlAddressOption())
    .addOption(clickhouseUrlOption())
    .option('--demo', `also simulate sessions of an application with ${DEMO_USERS} users, through the real client`)
    .addOption(logLevelOption())
    .addOption(allowRemoteOption())
    .option('--json', 'print one line of JSON with the addresses when ready, and nothing else');
  return withServiceAccess(command).action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  // Said once here, and not by each of the services.
  serviceAccess(options);
  if (options.demo === true && options.tlsClientCa !== undefined) {
    throw new StartError('The demo has no certificate to show: leave out --demo, or --tls-client-ca.');
  }
  makeFilesPrivate();
  const logger = pino({ name: 'serve', level: options.logLevel }, pino.destination(2));
  const running: ServiceProcess[] = [];
  const stopped = untilStopped(false);
  try {
    const addresses = await startServices(options, logger, running);
    if (options.json === true) writeLine(JSON.stringify(addresses));
    else writeBanner(addresses, options.demo === true);
    await stopped;
  } finally {
    if (options.json !== true)
      writeNotice('Stopping: what was acknowledged is loaded first. Ctrl-C again ends at once.');
    const stopListening = onImpatience(() => {
      for (const service of running) service.kill();
    });
    // The last that was started stops first: senders before the collector, the collector before the warehouse it loads into.
    for (const service of running.reverse()) await service.stop(STOP_TIMEOUT_MS);
    stopListening();
    if (options.json !== true) writeResourceUse(running);
  }
}

async function startServices(options: ServeOptions, logger: Logger, running: ServiceProcess[]): Promise<ReadyLine> {
  const start = async (
    name: string,
    build: (first: ReadyLine | undefined) => string[],
    environment: NodeJS.ProcessEnv = process.env,
  ) => {
    const service = new ServiceProcess({
      name,
      arguments: build,
      environment,
      logger,
      readyTimeoutMs: READY_TIMEOUT_MS,
      restartDelayMsMin: RESTART_DELAY_MS_MIN,
      restartDelayMsMax: RESTART_DELAY_MS_MAX,
    });
    running.push(service);
    return service.start();
  };
  const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url));
  const common = ['--data-dir', options.dataDir, '--log-level', options.logLevel, '--json', '--stop-with-parent'];
  common.push(...serviceAccessArguments(options));
  const serviceKey = newServiceKey();
  const environment: NodeJS.ProcessEnv = { ...process.env, [SERVICE_KEY_VARIABLE]: serviceKey };
  if (options.dangerouslyAllowRemote) common.push('--dangerously-allow-remote');
  let clickhouseUrl = options.clickhouseUrl;
  let sqlAddress: unknown;
  let sqlUrl: unknown = options.clickhouseUrl;
  const handover: string[] = [];
  if (clickhouseUrl === undefined) {
    const ready = await start(
      'warehouse',
      (first) => [...STREAMING_HEAP_OPTIONS, main, 'warehouse', ...common, ...sqlAddresses(options, first)],
      {
        ...environment,
        UV_THREADPOOL_SIZE: ENGINE_THREAD_POOL_SIZE,
      },
    );
    sqlAddress = ready['sql_address'];
    sqlUrl = ready['sql_url'];
    clickhouseUrl = String(ready['own_url']);
    handover.push('--handover-dir', String(ready['handover_dir']));
    // To our own warehouse only: another one has no business knowing it.
    environment[WAREHOUSE_KEY_VARIABLE] = serviceKey;
  }
  const url = clickhouseUrl;
  const collector = await start(
    'collector',
    (first) => [
      ...COLLECTOR_HEAP_OPTIONS,
      main,
      'collector',
      ...common,
      '--clickhouse-url',
      url,
      ...handover,
      '--grpc-address',
      String(first?.['grpc_address'] ?? options.grpcAddress),
      '--web-address',
      String(first?.['web_address'] ?? options.webAddress),
      ...options.webAllowOrigin.flatMap((origin) => ['--web-allow-origin', origin]),
    ],
    environment,
  );
  const grpcAddress = String(collector['grpc_address']);
  if (options.demo === true) await startDemo(options, grpcAddress, serviceKey, start);
  return {
    grpc_address: grpcAddress,
    web_address: collector['web_address'],
    sql_address: sqlAddress ?? null,
    sql_url: sqlUrl,
    data_dir: options.dataDir,
    pid: process.pid,
  };
}

/** A restart takes the same addresses: the collector knows them. */
function sqlAddresses({ sqlAddress }: ServeOptions, first: ReadyLine | undefined): string[] {
  if (first === undefined) return ['--sql-address', sqlAddress];
  const own = new URL(String(first['own_url'])).host;
  return ['--sql-address', String(first['sql_address']), '--loopback-sql-address', own];
}

async function startDemo(
  options: ServeOptions,
  address: string,
  serviceKey: string,
  start: (name: string, build: () => string[], environment: NodeJS.ProcessEnv) => Promise<ReadyLine>,
): Promise<void> {
  const tls = options.tlsCertificate === undefined ? {} : { tls: { ca: options.tlsCertificate } };
  const parameters = { address, users: DEMO_USERS, seed: randomBytes(8).toString('hex'), ...tls };
  const environment = { ...process.env, TELEMETRY_KEY: serviceKey };
  await start('demo', () => [clientToolPath('demo-main'), JSON.stringify(parameters)], environment);
}

/** What each service used at most, for those who plan a machine. A service that was killed says nothing. */
function writeResourceUse(services: readonly ServiceProcess[]): void {
  for (const { name, lastLine } of services) {
    const use = JSON.parse(lastLine ?? '{}') as Partial<ResourceUse>;
    if (use.peak_rss_mb === undefined) continue;
    writeNotice(
      `${name.padEnd(10)} at most ${String(use.peak_rss_mb).padStart(5)} MB of memory, ${use.cpu_s} s of CPU`,
    );
  }
}

function writeBanner(addresses: ReadyLine, isDemo: boolean): void {
  writeLine('telemetry is ready');
  writeLine('');
  writeLine(`  send events to  ${addresses['grpc_address']}   (gRPC, telemetry.v1.CollectorService)`);
  writeLine(`  or over HTTP    ${addresses['web_address']}   (Connect, gRPC-Web; /readyz and /metrics too)`);
  writeLine(`  ask in SQL at   ${addresses['sql_url']}   (HTTP interface of ClickHouse)`);
  writeLine(`  data is in      ${addresses['data_dir']}`);
  writeLine('');
  if (isDemo) writeLine('  The demo runs. In another terminal:  npx telemetry features');
  else writeLine('  In another terminal:  npx telemetry replay FILE   or   npx telemetry --help');
  writeLine('  Ctrl-C stops it.');
}
