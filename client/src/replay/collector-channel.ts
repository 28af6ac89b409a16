import { type Channel, grpcChannel } from '../relay.ts';
import { OptionError } from './json-options.ts';

/**
 * A channel to the collector of a tool's options.
 *
 * @throws OptionError when the address is none.
 */
export function collectorChannel(address: string): Channel {
  try {
    return grpcChannel(address);
  } catch (cause) {
    throw cause instanceof TypeError ? new OptionError(`address: ${cause.message}`, { cause }) : cause;
  }
}
