import { ClickHouseException } from '../engine/clickhouse-exception.ts';

/** What the address and headers of one request say. */
export type HttpQuery = {
  readonly path: string;
  /** Statement in the address, or the beginning of it. */
  readonly query: string | undefined;
  readonly database: string | undefined;
  readonly defaultFormat: string;
  readonly queryId: string | undefined;
  readonly sessionId: string | undefined;
  readonly waitEndOfQuery: boolean;
  /** Whether the response may be compressed. */
  readonly compression: boolean;
  readonly settings: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
};

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const PARAMETER_PREFIX = 'param_';
const FORMAT_NAME = /^[A-Za-z][A-Za-z0-9]*$/;

/** Parameters of ClickHouse's HTTP interface that are no settings. Any other name is the engine's to know. */
const INTERFACE_NAMES: ReadonlySet<string> = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'compress',
  'decompress',
  'user',
  'password',
  'quota_key',
  'role',
  'stacktrace',
  'client_protocol_version',
]);

/**
 * Reads the address and headers of a request.
 *
 * @throws ClickHouseException for what this interface does not have: ClickHouse's own block compression, and roles.
 */
export function parseHttpQuery(target: string, headers: Headers): HttpQuery {
  const url = new URL(target, 'http://warehouse');
  const query = url.searchParams;
  const header = (name: string): string | undefined => {
    const value = headers[`x-clickhouse-${name}`];
    return typeof value === 'string' ? value : undefined;
  };
  const isOn = (name: string) => query.has(name) && !['0', 'false', ''].includes(query.get(name) ?? '');
  for (const name of ['compress', 'decompress', 'role']) {
    if (isOn(name)) throw ClickHouseException.of('NOT_IMPLEMENTED', unsupported(name));
  }
  const settings = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const [name, value] of query) {
    if (name.startsWith(PARAMETER_PREFIX)) parameters.set(name.slice(PARAMETER_PREFIX.length), value);
    else if (!INTERFACE_NAMES.has(name)) settings.set(name, value);
  }
  const database = query.get('database') ?? header('database') ?? '';
  const text = query.get('query') ?? '';
  return {
    path: url.pathname,
    query: text === '' ? undefined : text,
    database: database === '' ? undefined : database,
    defaultFormat: formatName(query.get('default_format') ?? header('format') ?? 'TabSeparated'),
    queryId: query.get('query_id') || header('query-id'),
    sessionId: query.get('session_id') || undefined,
    waitEndOfQuery: isOn('wait_end_of_query'),
    compression: isOn('enable_http_compression'),
    settings,
    parameters,
  };
}

function unsupported(name: string): string {
  if (name === 'role') return 'Roles are not supported by the embedded engine';
  return `${name}=1 (ClickHouse's own block compression) is not supported: use Content-Encoding and Accept-Encoding`;
}

function formatName(name: string): string {
  if (!FORMAT_NAME.test(name)) {
    throw ClickHouseException.of('BAD_ARGUMENTS', `${JSON.stringify(name)} cannot be the name of a format`);
  }
  return name;
}
