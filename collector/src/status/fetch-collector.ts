import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Readiness } from '../readiness/readiness.ts';
import { StartError } from '../start-error.ts';
import { type Metrics, parseMetrics } from './parse-metrics.ts';

/** Which collector to ask, and as whom. */
export interface CollectorToFetch {
  readonly webAddress: string;
  readonly key: string | undefined;
  /** What to encrypt with, in PEM; undefined: not at all. */
  readonly tls: { readonly ca?: Buffer; readonly certificate?: Buffer; readonly privateKey?: Buffer } | undefined;
  readonly timeoutMs: number;
}

/** Asks a collector's web port. Throws `StartError` when no collector answers there, or it wants another key. */
export async function fetchCollector(collector: CollectorToFetch): Promise<{ readiness: Readiness; metrics: Metrics }> {
  const url = `${collector.tls === undefined ? 'http' : 'https'}://${collector.webAddress}`;
  try {
    const readiness = JSON.parse((await get(collector, url, '/readyz')).body) as Readiness;
    if (typeof readiness.ready !== 'boolean') throw new Error('/readyz answers something else');
    const metrics = await get(collector, url, '/metrics');
    if (metrics.status === 401 || metrics.status === 403) {
      throw new StartError(`The collector at ${url} wants a reader or admin key for this: give it with --key.`);
    }
    return { readiness, metrics: parseMetrics(metrics.body) };
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    throw new StartError(
      `No collector answers at ${url} (${detailOf(cause)}). Start one with \`telemetry serve\`, or name its web port ` +
        'with --web-address.',
      cause,
    );
  }
}

async function get(
  { key, tls, timeoutMs }: CollectorToFetch,
  url: string,
  path: string,
): Promise<{ status: number | undefined; body: string }> {
  const options = {
    signal: AbortSignal.timeout(timeoutMs),
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    agent: false as const,
  };
  const secure = { ca: tls?.ca, cert: tls?.certificate, key: tls?.privateKey };
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const request =
      tls === undefined
        ? getPlain(url + path, options, resolve)
        : getSecure(url + path, { ...options, ...secure }, resolve);
    request.once('error', reject);
  });
  return { status: response.statusCode, body: await text(response) };
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
