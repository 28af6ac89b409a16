import { bearerKey } from '../bearer-key.ts';
import type { BlacklistSource } from '../blacklist-source.ts';
import type { Channel, ChannelConnection, ConnectionListener } from '../channel.ts';
import { ackTimeoutMsDefault, requestsOpenMaxDefault } from '../limits.ts';
import { completePlatform, type Platform } from '../platform.ts';
import type { SealedBatch } from '../seal-batch.ts';
import { HttpBlacklistSource } from './http-blacklist-source.ts';
import { HttpConnection, type HttpConnectionOptions } from './http-connection.ts';
import { parseWebEndpoint } from './web-endpoint.ts';

/** How to reach a collector over HTTP. */
export interface HttpChannelOptions {
  /** Key that the collector asks for: an ingest key, as `telemetry keys add` prints it. Everybody can read it who can read the page. */
  readonly key?: string | undefined;
  /** Sent with every request, and to be allowed by the collector where a page sends them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Requests that are open at a time. Default: 4. */
  readonly requestsOpenMax?: number | undefined;
  /** How long to wait for an answer. Default: 30,000. */
  readonly requestTimeoutMs?: number | undefined;
  /** In place of the platform's own: for proxies, and for tests. */
  readonly fetch?: typeof fetch | undefined;
  /** Time and timers. Default: the system's. */
  readonly platform?: Partial<Platform> | undefined;
}

/**
 * A channel to the web port of a collector, by `CollectorService.Publish` over HTTP: for browsers, and for networks that let nothing else
 * through.
 *
 * @param address "https://host" or "http://host", with ":port" and a path where it has them; in a page also a path alone.
 * @throws TypeError when the address is none of these, or the key is none.
 */
export function httpChannel(address: string, options: HttpChannelOptions = {}): Channel {
  return new HttpChannel({
    address: parseWebEndpoint(address, pageUrl()),
    headers: { ...options.headers, ...bearerKey(options.key) },
    requestsOpenMax: options.requestsOpenMax ?? requestsOpenMaxDefault,
    requestTimeoutMs: options.requestTimeoutMs ?? ackTimeoutMsDefault,
    // Called as a method of something else, a browser's own refuses.
    fetch: options.fetch ?? ((...request) => fetch(...request)),
    platform: completePlatform(options.platform ?? {}),
  });
}

/** Address of the page or worker, where there is one. */
function pageUrl(): string | undefined {
  return (globalThis as { location?: { href?: string } }).location?.href;
}

class HttpChannel implements Channel {
  readonly blacklist: BlacklistSource;
  readonly #options: HttpConnectionOptions;
  /** Each of one batch. */
  readonly #once = new Set<HttpConnection>();

  constructor(options: HttpConnectionOptions) {
    this.#options = options;
    this.blacklist = new HttpBlacklistSource(options);
  }

  get name(): string {
    return this.#options.address;
  }

  connect(listener: ConnectionListener): ChannelConnection {
    return new HttpConnection(listener, this.#options);
  }

  sendOnce(batch: SealedBatch): void {
    const ignore = (): void => {};
    const onEnd = (): void => void this.#once.delete(connection);
    const connection = new HttpConnection({ onOpen: ignore, onAcks: ignore, onDrain: ignore, onEnd }, this.#options);
    this.#once.add(connection);
    connection.send(batch, 1);
    connection.end();
  }

  recall(): void {
    for (const connection of this.#once) {
      connection.abort();
    }
  }

  /** Nothing outlives a connection but what was sent once, and that has its deadline. */
  close(): void {}
}
