import type { Readiness } from '../readiness/readiness.ts';
import { StartError } from '../start-error.ts';
import { type Metrics, parseMetrics } from './parse-metrics.ts';

/** Asks a collector's web port. Throws `StartError` when no collector answers there. */
export async function fetchCollector(
  webAddress: string,
  timeoutMs: number,
): Promise<{ readiness: Readiness; metrics: Metrics }> {
  try {
    const readiness = (await (await get(webAddress, '/readyz', timeoutMs)).json()) as Readiness;
    if (typeof readiness.ready !== 'boolean') throw new Error('/readyz answers something else');
    const metrics = parseMetrics(await (await get(webAddress, '/metrics', timeoutMs)).text());
    return { readiness, metrics };
  } catch (cause) {
    throw new StartError(
      `No collector answers at http://${webAddress} (${detailOf(cause)}). Start one with \`telemetry serve\`, or name its web port ` +
        'with --web-address.',
      cause,
    );
  }
}

function get(webAddress: string, path: string, timeoutMs: number): Promise<Response> {
  return fetch(`http://${webAddress}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return (cause as NodeJS.ErrnoException).code ?? cause.message;
  return error.message;
}
