import {
  AccessError,
  type AccessKeys,
  type AccessOptions,
  missingForRemote,
  openAccess,
  type TlsWatch,
} from '@telemetry/warehouse';
import type { Logger } from 'pino';
import { AccessGate } from './access/access-gate.ts';
import { isLoopback, parseAddress } from './service/listen.ts';
import { StartError } from './start-error.ts';

/** What of the collector's options access heeds; see `CollectorOptions`. */
interface CollectorAccessOptions extends AccessOptions {
  readonly grpcAddress: string;
  readonly webAddress?: string;
  readonly dangerouslyAllowRemote?: boolean;
  readonly logger: Logger;
}

/** Who may reach the collector. */
export interface CollectorAccess {
  readonly gate: AccessGate;
  readonly keys: AccessKeys;
  readonly tls: TlsWatch | undefined;
  /** Files that could not be read again, since the start. */
  readonly faults: () => number;
  stop(): void;
}

/** Opens keys and certificate, before anything else. Throws `StartError` where others could come in without them. */
export function startAccess(options: CollectorAccessOptions): CollectorAccess {
  try {
    const access = openAccess(options, options.logger);
    const missing = options.dangerouslyAllowRemote === true ? undefined : missingForRemote(access);
    if (missing !== undefined) {
      refuseRemote(options.grpcAddress, 'TELEMETRY_GRPC_ADDRESS / --grpc-address', missing);
      if (options.webAddress !== undefined)
        refuseRemote(options.webAddress, 'TELEMETRY_WEB_ADDRESS / --web-address', missing);
    }
    return { ...access, gate: new AccessGate(access.keys) };
  } catch (cause) {
    throw cause instanceof AccessError ? new StartError(cause.message, cause) : cause;
  }
}

function refuseRemote(address: string, option: string, missing: string): void {
  const { host } = parseAddress(address, option);
  if (isLoopback(host)) return;
  throw new StartError(
    `${option}: ${address} can be reached from other machines, and ${missing}. ` +
      'Mend that, listen on 127.0.0.1, or say --dangerously-allow-remote.',
  );
}
