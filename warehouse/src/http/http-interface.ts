import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { AccessKeys } from '../access/access-keys.ts';
import { httpsServerOptions, secureContextOptions } from '../access/tls-material.ts';
import type { TlsWatch } from '../access/tls-watch.ts';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';
import { HTTP_HEADER_BYTES_MAX, KEEP_ALIVE_MS } from '../limits.ts';
import { WarehouseError } from '../warehouse-error.ts';
import { type SqlAccess, sqlAccessOf } from './authenticate.ts';
import { isForeignPage } from './browser-guard.ts';
import { formatAddress, type ListenAddress } from './listen-address.ts';
import type { QueryHandler } from './query-handler.ts';
import { QueryResponse } from './query-response.ts';

export type HttpInterfaceOptions = {
  readonly handler: QueryHandler;
  readonly engineVersion: string;
  readonly timezone: string;
  /** Names other than loopback's by which requests may come; undefined for any. */
  readonly hosts: readonly string[] | undefined;
  readonly keys: AccessKeys;
  /** Certificate of the port; undefined: nothing is encrypted. */
  readonly tls: TlsWatch | undefined;
};

/** ClickHouse's HTTP interface: routes, and the headers every answer has. */
export class HttpInterface {
  readonly #options: HttpInterfaceOptions;
  readonly #server: Server;
  readonly #answering = new Set<Promise<unknown>>();
  readonly #stopListening: () => void = () => {};
  #isClosing = false;

  constructor(options: HttpInterfaceOptions) {
    this.#options = options;
    const settings = { maxHeaderSize: HTTP_HEADER_BYTES_MAX, keepAliveTimeout: KEEP_ALIVE_MS };
    const { tls } = options;
    const answer = (request: IncomingMessage, response: ServerResponse) => this.#track(request, response);
    if (tls === undefined) this.#server = createServer(settings, answer);
    else {
      const server = createSecureServer({ ...settings, ...httpsServerOptions(tls.material) }, answer);
      this.#stopListening = tls.onChange((material) => server.setSecureContext(secureContextOptions(material)));
      this.#server = server;
    }
  }

  /** @returns the address it got. @throws WarehouseError `address-in-use` or `address-unusable`. */
  async listen(address: ListenAddress): Promise<ListenAddress> {
    this.#server.listen(address.port, address.host);
    try {
      await once(this.#server, 'listening');
    } catch (error) {
      throw listenError(address, error);
    }
    const { port } = this.#server.address() as AddressInfo;
    return { host: address.host, port };
  }

  /** Takes no new connections and no new requests; those under way go on. */
  stopAccepting(): void {
    this.#isClosing = true;
    this.#stopListening();
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Waits until the answers under way have been sent, at most `limitMs`, and ends all connections. */
  async close(limitMs: number): Promise<void> {
    this.stopAccepting();
    const limit = new AbortController();
    const late = delay(limitMs, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled([...this.#answering]), late]);
    limit.abort();
    this.#server.closeAllConnections();
  }

  /** Keeps account of answers not yet sent. */
  #track(request: IncomingMessage, response: ServerResponse): void {
    const answering = this.#route(request, response).catch(() => {
      response.destroy();
    });
    this.#answering.add(answering);
    void answering.then(() => this.#answering.delete(answering));
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    response.setHeader('X-ClickHouse-Server-Display-Name', hostname());
    response.setHeader('X-ClickHouse-Timezone', this.#options.timezone);
    const { host, origin } = request.headers;
    const path = (request.url ?? '/').split('?')[0];
    const hasQuery = request.url?.includes('?') === true || request.method === 'POST';
    if (this.#isClosing) {
      response.setHeader('Connection', 'close');
      await this.#refuse(response, ClickHouseException.of('ABORTED', 'The warehouse is shutting down'));
    } else if (isForeignPage({ host, origin }, this.#options.hosts)) {
      const text = 'Web pages may not query this server: the Origin or Host of the request is not its own';
      await this.#refuse(response, ClickHouseException.of('ACCESS_DENIED', text));
    } else if (request.method !== 'GET' && request.method !== 'POST' && request.method !== 'HEAD') {
      response.writeHead(501, { 'Content-Type': 'text/plain; charset=UTF-8' }).end('Only GET, HEAD and POST\n');
    } else if (path === '/ping' || path === '/replicas_status' || (path === '/' && !hasQuery)) {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=UTF-8' }).end('Ok.\n');
    } else if (path === '/') {
      await this.#ask(request, response);
    } else {
      const text = `There is no handle ${path}\n\nUse / or /ping for health checks.\nSend queries with ?query= or POST\n`;
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(text);
    }
  }

  async #ask(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let access: SqlAccess;
    try {
      access = sqlAccessOf(this.#options.keys, request.headers);
    } catch (error) {
      const exception = ClickHouseException.from(error);
      if (exception.codeName === 'REQUIRED_PASSWORD') {
        response.setHeader('WWW-Authenticate', 'Basic realm="telemetry", charset="UTF-8"');
      }
      // The body was not read, and nobody will.
      response.setHeader('Connection', 'close');
      return this.#refuse(response, exception);
    }
    await this.#options.handler.handle(request, response, access);
  }

  #refuse(response: ServerResponse, exception: ClickHouseException): Promise<void> {
    const options = { engineVersion: this.#options.engineVersion, isGzip: false, waitForEnd: false };
    return new QueryResponse(response, options).fail(exception);
  }
}

function listenError(address: ListenAddress, error: unknown): WarehouseError {
  const text = formatAddress(address);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const remedy = 'stop what listens there, or choose another one (TELEMETRY_SQL_ADDRESS; port 0 takes any free port)';
    return new WarehouseError('address-in-use', `The address ${text} is taken: ${remedy}.`, { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  const remedy = 'choose one of this machine (TELEMETRY_SQL_ADDRESS)';
  return new WarehouseError('address-unusable', `Cannot listen on ${text}: ${reason}; ${remedy}.`, { cause: error });
}
