import { InvalidArgumentError, Option } from 'commander';
import { type CallerOptions, isEncrypted } from './caller-options.ts';

/** Addresses and folders when nothing else is said. Loopback only: nobody is asked for a key there. */
export const DEFAULT_GRPC_ADDRESS = '127.0.0.1:4400';
export const DEFAULT_WEB_ADDRESS = '127.0.0.1:4480';
export const DEFAULT_SQL_ADDRESS = '127.0.0.1:8123';
export const DEFAULT_DATA_DIR = '.telemetry';

/** Options that several commands share, each with its environment variable. A flag wins over the variable. */
export const dataDirOption = () =>
  new Option('--data-dir <folder>', 'where the warehouse and the spool keep their data')
    .env('TELEMETRY_DATA_DIR')
    .default(DEFAULT_DATA_DIR);

export const grpcAddressOption = () =>
  new Option('--grpc-address <host:port>', 'address of the collector; port 0 takes a free one')
    .env('TELEMETRY_GRPC_ADDRESS')
    .default(DEFAULT_GRPC_ADDRESS);

export const webAddressOption = () =>
  new Option('--web-address <host:port>', 'address of the web port: HTTP, health, metrics; port 0 takes a free one')
    .env('TELEMETRY_WEB_ADDRESS')
    .default(DEFAULT_WEB_ADDRESS);

export const webAllowOriginOption = () =>
  new Option('--web-allow-origin <origin>', 'let scripts of this site use the web port; may be said more than once')
    .argParser((origin: string, before: readonly string[]) => [...before, checkedOrigin(origin)])
    .default([], 'none');

export const sqlAddressOption = () =>
  new Option('--sql-address <host:port>', 'address of the SQL interface; port 0 takes a free one')
    .env('TELEMETRY_SQL_ADDRESS')
    .default(DEFAULT_SQL_ADDRESS);

export const clickhouseUrlOption = () =>
  new Option('--clickhouse-url <url>', 'a ClickHouse server to use in place of the embedded engine').env(
    'CLICKHOUSE_URL',
  );

export const logLevelOption = () =>
  new Option('--log-level <level>', 'what to log, as lines of JSON on stderr')
    .env('TELEMETRY_LOG_LEVEL')
    .choices(['debug', 'info', 'warn', 'error', 'silent'])
    .default('warn');

export const allowRemoteOption = () =>
  new Option('--dangerously-allow-remote', 'listen beyond this machine without keys or without TLS').default(false);

/** Set by `serve`: the process stops when its standard input ends, so that it does not outlive the supervisor. */
export const stopWithParentOption = () => new Option('--stop-with-parent').default(false).hideHelp();

/** An origin as browsers send it, or `*`. */
function checkedOrigin(origin: string): string {
  if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) return origin;
  throw new InvalidArgumentError(
    'Write scheme, host and port as a browser does, such as https://app.example.com, or *.',
  );
}

/** Where SQL is answered, from the options of a command that asks questions. */
export function warehouseUrlOf(options: { clickhouseUrl?: string; sqlAddress: string } & CallerOptions): string {
  return options.clickhouseUrl ?? `${isEncrypted(options) ? 'https' : 'http'}://${options.sqlAddress}`;
}
