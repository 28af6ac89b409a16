import type { IncomingMessage, ServerResponse } from 'node:http';
import { ErrorReason } from '@telemetry/gen';
import type { Registry } from 'prom-client';
import type { AccessGate } from '../access/access-gate.ts';
import { Refusal } from '../admission/refusal.ts';
import type { Readiness } from '../readiness/readiness.ts';

/** A page: what answers a GET of its path. */
export type Page = (response: ServerResponse, request: IncomingMessage) => Promise<void> | void;

const JSON_TYPE = 'application/json';

/**
 * The pages for operators, by path. Health is for everybody; it is asked by load balancers and orchestrators that have no keys.
 *
 * @param metricsGate who may read the metrics, which name products and tell their numbers; undefined: everybody
 */
export function operatorPages(
  readiness: () => Readiness,
  registry: Registry,
  metricsGate: AccessGate | undefined,
): Map<string, Page> {
  return new Map<string, Page>([
    ['/healthz', (response) => send(response, 200, JSON_TYPE, JSON.stringify({ status: 'alive' }))],
    [
      '/readyz',
      (response) => {
        const now = readiness();
        send(response, now.ready ? 200 : 503, JSON_TYPE, JSON.stringify(now));
      },
    ],
    [
      '/metrics',
      async (response, request) => {
        const refusal = refusalOf(metricsGate, request);
        if (refusal === undefined) send(response, 200, registry.contentType, await registry.metrics());
        else sendRefusal(response, refusal);
      },
    ],
  ]);
}

/** Answers a request for a page. */
export async function servePage(page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    sendMessage(response, 405, 'This page is read with GET.');
    return;
  }
  await page(response, request);
}

function refusalOf(gate: AccessGate | undefined, request: IncomingMessage): Refusal | undefined {
  try {
    gate?.admit(request.headers.authorization, 'measure');
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const isUnknown = refusal.reason === ErrorReason.UNAUTHENTICATED;
  if (isUnknown) response.setHeader('WWW-Authenticate', 'Bearer');
  const code = isUnknown ? 'unauthenticated' : 'permission_denied';
  send(response, isUnknown ? 401 : 403, JSON_TYPE, JSON.stringify({ code, message: refusal.message }));
}

/** Answers with a message for people, in the form of a Connect error. */
export function sendMessage(response: ServerResponse, status: number, message: string): void {
  const code = status === 404 ? 'unimplemented' : 'invalid_argument';
  send(response, status, JSON_TYPE, JSON.stringify({ code, message }));
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' });
  response.end(`${body}\n`);
}
