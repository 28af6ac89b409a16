import type { Telemetry } from '../api.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Channel } from '../channel.ts';
import { httpChannel } from '../http/http-channel.ts';
import { outlivingRequests } from '../http/outliving-requests.ts';
import { streamLingerMsDefault } from '../limits.ts';
import { memoryDelivery } from '../memory-delivery.ts';
import type { PageWatch } from '../page-watch.ts';
import { resolveOptions } from '../resolve-options.ts';
import { telemetryClient } from '../telemetry-client.ts';
import type { TelemetryOptions } from '../telemetry-options.ts';
import { leaveByBeacon } from './leave-by-beacon.ts';
import { machineFacts } from './machine-facts.ts';
import { watchPageEnd } from './page-end.ts';
import { watchPageOnline } from './page-online.ts';
import { pageScope } from './page-scope.ts';
import type { PageStore } from './page-store.ts';

/** What `createTelemetry` wants to know in a browser, where encryption is the browser's affair. */
export interface BrowserTelemetryOptions<C extends Catalogue | undefined = undefined>
  extends Omit<TelemetryOptions<C>, 'tls' | 'store' | 'channels'> {
  /** Address of the collector's web port: "https://host", with ":port" and a path where it has them. Give this or `channel`. */
  readonly endpoint?: string | undefined;
  /**
   * Where what has no answer yet waits: in memory, from which it is sent when the page is left, or in what `indexedDbStore` makes, which
   * outlives the page. Default: in memory.
   */
  readonly store?: 'memory' | PageStore | undefined;
}

/**
 * Creates the client of a page or worker: one for its whole life. It sends when there is something to send, and when the page is left.
 *
 * @throws TypeError naming the option when one is wrong: no product name, an address that is none. Nothing after that throws.
 */
export function createTelemetry<const C extends Catalogue | undefined = undefined>(
  options: BrowserTelemetryOptions<C>,
): Telemetry<C> {
  const { store = 'memory', ...others } = options;
  const given = resolveOptions(others, machineFacts(pageScope));
  const { core, platform } = given;
  const keepsId = others.machine?.id === undefined && others.consent !== 'denied';
  const place =
    store === 'memory' ? undefined : store.open(core.product.name, pageScope, keepsId ? core.machine?.id : undefined);
  const id = place?.installId;
  const resolved = id === undefined ? given : { ...given, core: { ...core, machine: { ...core.machine, id } } };
  const channel = chooseChannel(options);
  const uploaderOptions = { ...resolved, lingerMs: streamLingerMsDefault };
  const instead = memoryDelivery(channel, uploaderOptions);
  const delivery = place?.delivery({ channel, uploaderOptions, platform, instead }) ?? instead;
  const watchPage: PageWatch = (listener) => {
    const stopEnd = watchPageEnd(pageScope, (ends) => {
      leaveByBeacon(pageScope, outlivingRequests, platform);
      listener.onLeaving(ends);
    });
    const stopOnline = watchPageOnline(pageScope, platform, () => listener.onOnline());
    return () => {
      stopEnd();
      stopOnline();
    };
  };
  const client: Telemetry<Catalogue | undefined> = telemetryClient(resolved, delivery, channel.blacklist, watchPage);
  // The client takes any event; which of them are in the catalogue is said by the types alone, and checked as they come.
  return client as Telemetry<C>;
}

function chooseChannel({ endpoint, key, channel }: BrowserTelemetryOptions<Catalogue | undefined>): Channel {
  if (endpoint !== undefined && channel !== undefined) {
    throw new TypeError('endpoint and channel: both are given; give the one or the other');
  }
  if (channel !== undefined && key !== undefined) {
    throw new TypeError('key: it belongs to endpoint; give it to the channel that you make');
  }
  if (channel !== undefined) {
    return channel;
  }
  if (typeof endpoint !== 'string') {
    throw new TypeError('endpoint: missing; give the address of a collector\'s web port: "https://host"');
  }
  return httpChannel(endpoint, { key });
}
