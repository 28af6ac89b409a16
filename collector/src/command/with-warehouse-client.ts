import { Agent } from 'node:https';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { StartError } from '../start-error.ts';
import { type CallerOptions, type CallerTls, callerTls } from './caller-options.ts';
import { warehouseUrlOf } from './options.ts';

/** Codes of a connection that could not be made. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'EAI_AGAIN', 'ECONNRESET']);

/** Which warehouse to ask, as whom, and how long. */
export interface WarehouseOptions extends CallerOptions {
  readonly sqlAddress: string;
  readonly clickhouseUrl?: string;
  /** Longest wait for a sign of life of a query. Default 30 seconds, that of the client. */
  readonly requestTimeoutMs?: number;
}

/** Runs `work` with a client of the warehouse, and says what to do when nobody answers there. */
export async function withWarehouseClient<Result>(
  options: WarehouseOptions,
  work: (client: ClickHouseClient) => Promise<Result>,
): Promise<Result> {
  const url = warehouseUrlOf(options);
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

function makeClient(url: string, options: WarehouseOptions): ClickHouseClient {
  const tls = callerTls(options);
  const { requestTimeoutMs } = options;
  try {
    // What it would log is thrown as well, and said in our words.
    return createClient({
      url,
      log: { level: ClickHouseLogLevel.OFF },
      ...(requestTimeoutMs === undefined ? {} : { request_timeout: requestTimeoutMs }),
      ...(options.key === undefined ? {} : { password: options.key }),
      ...(tls === undefined ? {} : { http_agent: httpsAgent(tls) }),
    });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`CLICKHOUSE_URL / --clickhouse-url: "${url}" is not a URL of ClickHouse (${detail}).`, cause);
  }
}

/** The client's own options for TLS want the certificates of the signers with the others; the system's do as well. */
function httpsAgent({ ca, certificate, privateKey }: CallerTls): Agent {
  return new Agent({
    keepAlive: true,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(privateKey === undefined ? {} : { key: privateKey }),
  });
}

/** The system's code of an error: of itself, its cause, or the first of several that it gathers. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && UNREACHABLE.has(code)) return code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
