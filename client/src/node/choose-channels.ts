import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Channel } from '../channel.ts';
import { grpcChannel } from '../grpc/grpc-channel.ts';
import { folderNameLengthMax } from '../limits.ts';
import type { NamedChannel } from '../store/channel-lane.ts';
import type { TelemetryOptions } from '../telemetry-options.ts';

/** The only channel is called so in the store, wherever it leads: what waits goes to the address that the next version of an application has. */
const onlyName = 'main';

/**
 * Where batches go, by the names under which they wait in the store.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function chooseChannels(
  options: TelemetryOptions<Catalogue | undefined>,
): readonly [NamedChannel, ...NamedChannel[]] {
  const { endpoint, key, tls, channel, channels } = options;
  const ways = { endpoint, channel, channels };
  const given = Object.entries(ways).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const names = given.map(([name]) => name).join(' and ');
    throw new TypeError(`${names}: ${given.length === 2 ? 'both' : 'all'} are given; give the one or the other`);
  }
  if (endpoint === undefined && given.length > 0 && (key !== undefined || tls !== undefined)) {
    throw new TypeError('key and tls: they belong to endpoint; give them to the channel that you make');
  }
  if (channels !== undefined) {
    return nameChannels(channels);
  }
  if (channel !== undefined) {
    return [{ name: onlyName, channel }];
  }
  if (typeof endpoint !== 'string') {
    throw new TypeError('endpoint: missing; give the address of a collector, such as "127.0.0.1:4400", or a channel');
  }
  return [{ name: onlyName, channel: grpcChannel(endpoint, { key, tls }) }];
}

function nameChannels(channels: readonly Channel[]): readonly [NamedChannel, ...NamedChannel[]] {
  const [first, ...others] = channels.map((channel) => ({ name: folderName(channel.name), channel }));
  if (first === undefined) {
    throw new TypeError('channels: empty; give at least one');
  }
  const names = new Set([first, ...others].map(({ name }) => name));
  if (names.size < channels.length) {
    throw new TypeError('channels: two have the same name, and what waits for a channel is found by that');
  }
  return [first, ...others];
}

/** A name that is one of a folder on every system. */
function folderName(name: string): string {
  return encodeURIComponent(name)
    .replaceAll(/[*.]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    .slice(0, folderNameLengthMax);
}
