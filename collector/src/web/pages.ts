import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Readiness } from '../readiness/readiness.ts';

/** A page: what answers a GET of its path. */
export type Page = (response: ServerResponse) => Promise<void> | void;

const JSON_TYPE = 'application/json';

/** The pages for operators, by path. */
export function operatorPages(readiness: () => Readiness, registry: Registry): Map<string, Page> {
  return new Map<string, Page>([
    ['/healthz', (response) => send(response, 200, JSON_TYPE, JSON.stringify({ status: 'alive' }))],
    [
      '/readyz',
      (response) => {
        const now = readiness();
        send(response, now.ready ? 200 : 503, JSON_TYPE, JSON.stringify(now));
      },
    ],
    ['/metrics', async (response) => send(response, 200, registry.contentType, await registry.metrics())],
  ]);
}

/** Answers a request for a page. */
export async function servePage(page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    sendMessage(response, 405, 'This page is read with GET.');
    return;
  }
  await page(response);
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
