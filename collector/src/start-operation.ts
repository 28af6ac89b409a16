import { protocolLimits } from '@telemetry/gen';
import type { TlsWatch } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import type { AccessGate } from './access/access-gate.ts';
import type { CleanUp } from './clean-up.ts';
import * as limits from './limits.ts';
import type { CollectorMeters } from './metrics/collector-meters.ts';
import { type CollectorState, collectorRegistry } from './metrics/collector-registry.ts';
import type { DiskState } from './readiness/disk-state.ts';
import type { Readiness } from './readiness/readiness.ts';
import type { ReadinessWatch } from './readiness/readiness-watch.ts';
import { watchCollector } from './readiness/watch-collector.ts';
import type { BlacklistDesk } from './service/blacklist-desk.ts';
import type { Receiver } from './service/receiver.ts';
import type { RetryDelay } from './service/retry-delay.ts';
import { startWebPort } from './web/start-web-port.ts';

/** What of the collector's options operation heeds; see `CollectorOptions`. */
interface OperationOptions {
  readonly webAddress?: string;
  readonly webAllowedOrigins?: readonly string[];
  readonly loaderLagMsMax?: number;
  readonly logger: Logger;
}

/** What operators look at. */
export interface OperationParts extends Omit<CollectorState, 'isReady' | 'streamsOpen' | 'webRequestsOpen'> {
  readonly receiver: Receiver;
  readonly meters: CollectorMeters;
  readonly disk: DiskState;
  readonly retryDelay: RetryDelay;
  readonly blacklistDesk: BlacklistDesk;
  readonly gate: AccessGate;
  readonly tls: TlsWatch | undefined;
  readonly onReadiness: (readiness: Readiness) => void;
}

/** Starts what operators and browsers use: readiness, metrics and the web port. `stack` stops it. */
export async function startOperation(
  options: OperationOptions,
  parts: OperationParts,
  stack: CleanUp,
): Promise<{ watch: ReadinessWatch; webAddress: string | undefined }> {
  const { logger } = options;
  const watch = watchCollector({
    ...parts,
    loaderLagMsMax: options.loaderLagMsMax ?? limits.LOADER_LAG_MS_MAX_DEFAULT,
    onChange: (readiness) => {
      const { ready, reasons } = readiness;
      if (ready) logger.info('the collector is ready for batches');
      // That it stops was asked for.
      else if (reasons.some(({ code }) => code !== 'stopping')) logger.warn({ reasons }, 'the collector is not ready');
      parts.onReadiness(readiness);
    },
  });
  stack.defer(() => watch.stop());
  if (options.webAddress === undefined) return { watch, webAddress: undefined };
  const registry = collectorRegistry(parts.meters, {
    ...parts,
    isReady: () => watch.now().ready,
    streamsOpen: () => parts.receiver.streamsOpen,
    webRequestsOpen: () => web.requestsOpen(),
  });
  const web = await startWebPort({
    address: options.webAddress,
    allowedOrigins: options.webAllowedOrigins ?? [],
    receiver: parts.receiver,
    limits: protocolLimits,
    blacklistVersion: parts.blacklistVersion,
    blacklistDesk: parts.blacklistDesk,
    retryDelay: parts.retryDelay,
    gate: parts.gate,
    tls: parts.tls,
    readiness: () => watch.now(),
    registry,
    logger,
  });
  stack.defer(() => web.close());
  return { watch, webAddress: web.address };
}
