import { type Channel, grpcChannel } from '../relay.ts';
import type { CollectorAccess } from './collector-access.ts';
import { OptionError } from './json-options.ts';

/**
 * A channel to the collector of a tool's options.
 *
 * @throws OptionError when the address is none, or the key or the certificates cannot be used.
 */
export function collectorChannel(address: string, access: CollectorAccess): Channel {
  try {
    return grpcChannel(address, access);
  } catch (cause) {
    throw cause instanceof TypeError ? new OptionError(`address: ${cause.message}`, { cause }) : cause;
  }
}
