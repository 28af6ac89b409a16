import type { Telemetry, TelemetryOptions } from '../api.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Channel } from '../channel.ts';
import { grpcChannel } from '../grpc/grpc-channel.ts';
import { streamLingerMsDefault } from '../limits.ts';
import { memoryDelivery } from '../memory-delivery.ts';
import { resolveOptions } from '../resolve-options.ts';
import { telemetryClient } from '../telemetry-client.ts';
import { machineFacts } from './machine-facts.ts';

/**
 * Creates the client of a process: one for its whole life. It connects when there is something to send.
 *
 * @throws TypeError naming the option when one is wrong: no product name, an address that is none. Nothing after that throws.
 */
export function createTelemetry<const C extends Catalogue | undefined = undefined>(
  options: TelemetryOptions<C>,
): Telemetry<C> {
  const resolved = resolveOptions(options, machineFacts());
  const channel = chooseChannel(options);
  const delivery = memoryDelivery(channel, { ...resolved, lingerMs: streamLingerMsDefault });
  // The client takes any event; which of them are in the catalogue is said by the types alone, and checked as they come.
  return telemetryClient(resolved, delivery, { source: channel.blacklist }) as Telemetry<
    Catalogue | undefined
  > as Telemetry<C>;
}

function chooseChannel({ endpoint, key, tls, channel }: TelemetryOptions<Catalogue | undefined>): Channel {
  if (endpoint !== undefined && channel !== undefined) {
    throw new TypeError('endpoint and channel: both are given; give the one or the other');
  }
  if (channel !== undefined && (key !== undefined || tls !== undefined)) {
    throw new TypeError('key and tls: they belong to endpoint; give them to the channel that you make');
  }
  if (channel !== undefined) {
    return channel;
  }
  if (typeof endpoint !== 'string') {
    throw new TypeError('endpoint: missing; give the address of a collector, such as "127.0.0.1:4400", or a channel');
  }
  return grpcChannel(endpoint, { key, tls });
}
