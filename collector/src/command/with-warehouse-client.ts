import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { StartError } from '../start-error.ts';

/** Codes of a connection that could not be made. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'EAI_AGAIN', 'ECONNRESET']);

/** How long answers may take. */
export interface WarehouseClientOptions {
  /** Longest wait for a sign of life of a query. Default 30 seconds, that of the client. */
  readonly requestTimeoutMs?: number;
}

/** Runs `work` with a client of the warehouse, and says what to do when nobody answers there. */
export async function withWarehouseClient<Result>(
  url: string,
  work: (client: ClickHouseClient) => Promise<Result>,
  options: WarehouseClientOptions = {},
): Promise<Result> {
  const client = makeClient(url, options);
  try {
    return await work(client);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || !UNREACHABLE.has(code)) throw error;
    throw new StartError(
      `No warehouse answers at ${url} (${code}). Start one with \`telemetry serve\`, or name it with --clickhouse-url.`,
      error,
    );
  } finally {
    await client.close();
  }
}

function makeClient(url: string, { requestTimeoutMs }: WarehouseClientOptions): ClickHouseClient {
  try {
    // What it would log is thrown as well, and said in our words.
    const timeout = requestTimeoutMs === undefined ? {} : { request_timeout: requestTimeoutMs };
    return createClient({ url, ...timeout, log: { level: ClickHouseLogLevel.OFF } });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`CLICKHOUSE_URL / --clickhouse-url: "${url}" is not a URL of ClickHouse (${detail}).`, cause);
  }
}

/** The system's code of an error: of itself, its cause, or the first of several that it gathers. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && UNREACHABLE.has(code)) return code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
