import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { httpsServerOptions, secureContextOptions, type TlsWatch } from '@telemetry/warehouse';
import type { AccessGate } from '../access/access-gate.ts';
import * as limits from '../limits.ts';
import type { RetryDelay } from '../service/retry-delay.ts';
import { connectHandlers, type Routes } from './connect-handler.ts';
import { passOrigin } from './cors.ts';
import { type Page, sendMessage, servePage } from './pages.ts';
import { WebLoad } from './web-load.ts';

/** What the web port serves. */
export interface WebServerOptions {
  /** Services for messages in protobuf, by which the messages may be opaque. */
  readonly binaryRoutes: readonly Routes[];
  /** The same services for messages in JSON. */
  readonly jsonRoutes: readonly Routes[];
  /** By path. */
  readonly pages: ReadonlyMap<string, Page>;
  /** Origins whose scripts may send; `*` stands for all. */
  readonly allowedOrigins: readonly string[];
  readonly retryDelay: RetryDelay;
  readonly gate: AccessGate;
  /** Certificate of the port; undefined: nothing is encrypted. */
  readonly tls: TlsWatch | undefined;
  /** Told of a request that failed for a reason of ours or of its connection. */
  readonly onError: (error: unknown) => void;
}

/** The web port, not listening yet: Connect and gRPC-Web over HTTP/1.1, and the pages for operators. */
export function createWebServer(options: WebServerOptions): { server: Server; load: WebLoad } {
  const bounds = {
    requestsMax: limits.WEB_REQUESTS_OPEN_MAX,
    bodiesSizeBytesMax: limits.WEB_BODIES_SIZE_BYTES_MAX,
    knownSharers: options.gate.ingestKeys,
  };
  const load = new WebLoad(bounds, options.retryDelay);
  const binary = connectHandlers((router) => options.binaryRoutes.forEach((add) => void add(router)), options.gate);
  const json = connectHandlers((router) => options.jsonRoutes.forEach((add) => void add(router)), options.gate);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!passOrigin(request, response, options.allowedOrigins)) return;
    const path = request.url?.split('?', 1)[0] ?? '';
    const page = options.pages.get(path);
    if (page !== undefined) return servePage(page, request, response);
    const call = (isJson(request) ? json : binary).get(path);
    if (call === undefined) return sendMessage(response, 404, notHere(path, [...options.pages.keys(), ...json.keys()]));
    const requestLoad = load.enter();
    response.once('close', () => requestLoad.leave());
    await call(request, response, requestLoad);
  };

  const server = listenerServer(options.tls, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.onError(error);
      // A request that makes no sense at all, such as one without a host.
      if (!response.headersSent) sendMessage(response, 400, 'Not a request that can be answered.');
      else response.destroy();
    });
  });
  server.headersTimeout = limits.WEB_HEADERS_TIMEOUT_MS;
  server.requestTimeout = limits.WEB_REQUEST_TIMEOUT_MS;
  server.maxConnections = limits.WEB_CONNECTIONS_MAX;
  return { server, load };
}

function listenerServer(tls: TlsWatch | undefined, listener: RequestListener): Server {
  if (tls === undefined) return createServer(listener);
  const server = createSecureServer(httpsServerOptions(tls.material), listener);
  const stopListening = tls.onChange((material) => server.setSecureContext(secureContextOptions(material)));
  server.once('close', stopListening);
  return server;
}

function isJson(request: IncomingMessage): boolean {
  return /json/i.test(request.headers['content-type'] ?? '');
}

function notHere(path: string, known: readonly string[]): string {
  return `Nothing is at ${path.slice(0, 200)}. Here are ${known.join(', ')}.`;
}
