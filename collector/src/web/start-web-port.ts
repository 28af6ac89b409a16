import { CollectorService, type Limits } from '@telemetry/gen';
import type { TlsWatch } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { AccessGate } from '../access/access-gate.ts';
import { STREAM_END_TIMEOUT_MS } from '../limits.ts';
import type { Readiness } from '../readiness/readiness.ts';
import type { BlacklistDesk } from '../service/blacklist-desk.ts';
import { isLoopback, parseAddress } from '../service/listen.ts';
import type { Receiver } from '../service/receiver.ts';
import type { RetryDelay } from '../service/retry-delay.ts';
import { blacklistRoutes } from './blacklist-routes.ts';
import { collectorRoutes } from './collector-routes.ts';
import { closeWeb, listenWeb } from './listen-web.ts';
import { opaqueService } from './opaque-service.ts';
import { operatorPages } from './pages.ts';
import { createWebServer } from './web-server.ts';

/** What the web port works with. */
export interface WebPortParts {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  readonly allowedOrigins: readonly string[];
  readonly receiver: Receiver;
  readonly limits: Limits;
  readonly blacklistVersion: () => number;
  readonly blacklistDesk: BlacklistDesk;
  readonly retryDelay: RetryDelay;
  readonly gate: AccessGate;
  readonly tls: TlsWatch | undefined;
  readonly readiness: () => Readiness;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** A web port that listens. */
export interface WebPort {
  /** `host:port` as bound. */
  readonly address: string;
  /** Requests that are being answered. */
  readonly requestsOpen: () => number;
  close(): Promise<void>;
}

const OPTION = 'TELEMETRY_WEB_ADDRESS / --web-address';

/** Messages that carry batches: not read in protobuf, but handed to the receiver as they came. */
const OPAQUE_MESSAGES = ['telemetry.v1.PublishRequest'];

/** Opens the web port. Throws `StartError` when it cannot. A service is added here, with its routes. */
export async function startWebPort(parts: WebPortParts): Promise<WebPort> {
  const isLocal = isLoopback(parseAddress(parts.address, OPTION).host);
  const sameRoutes = [blacklistRoutes(parts.blacklistDesk, parts.gate)];
  const { server, load } = createWebServer({
    binaryRoutes: [collectorRoutes(opaqueService(CollectorService, OPAQUE_MESSAGES), parts), ...sameRoutes],
    jsonRoutes: [collectorRoutes(CollectorService, parts), ...sameRoutes],
    pages: operatorPages(parts.readiness, parts.registry, isLocal ? undefined : parts.gate),
    allowedOrigins: parts.allowedOrigins,
    retryDelay: parts.retryDelay,
    gate: parts.gate,
    tls: parts.tls,
    // A client that goes away is no fault, and others would fill the log.
    onError: (error) => parts.logger.debug({ err: error }, 'a request on the web port failed'),
  });
  const address = await listenWeb(server, parts.address, OPTION);
  return { address, requestsOpen: () => load.requests, close: () => closeWeb(server, STREAM_END_TIMEOUT_MS) };
}
