import { crc32, gzipSync } from 'node:zlib';
import type { Channel, Platform, Telemetry } from '@telemetry/client';
import type { Delivery, DeliveryContext } from '../../../client/src/delivery.ts';
import { streamLingerMsDefault } from '../../../client/src/limits.ts';
import { memoryDelivery } from '../../../client/src/memory-delivery.ts';
import type { PageListener } from '../../../client/src/page-watch.ts';
import { resolveOptions } from '../../../client/src/resolve-options.ts';
import type { StoreBackend } from '../../../client/src/store/store-backend.ts';
import { storedDelivery } from '../../../client/src/store/stored-delivery.ts';
import { telemetryClient } from '../../../client/src/telemetry-client.ts';

/** A client over a backend that a test has, and the delivery behind it. */
export interface StoreClient {
  readonly telemetry: Telemetry;
  readonly delivery: Delivery;
  /** The page that it runs in, as far as it hears of one. */
  readonly page: PageListener;
}

/** How a test wants its client. */
export interface StoreClientOptions {
  readonly backend: StoreBackend;
  readonly channels: readonly [Channel, ...Channel[]];
  readonly platform?: Platform | undefined;
  readonly filesMax?: number | undefined;
  readonly flushIntervalMs?: number | undefined;
  readonly onConsent?: ((consent: string) => void) | undefined;
}

/** The channels are called "main", "other" and so on in the store. */
export function storeClient(given: StoreClientOptions): StoreClient {
  const { backend, channels, platform, filesMax, flushIntervalMs, onConsent } = given;
  const resolved = resolveOptions(
    { product: { name: 'store' }, platform, flushIntervalMs, retry: { initialBackoffMs: 10, maxBackoffMs: 100 } },
    { machine: {}, operatingSystem: undefined },
  );
  const options = { ...resolved, lingerMs: streamLingerMsDefault };
  const names = ['main', 'other', 'third'];
  const named = channels.map((channel, index) => ({ name: names[index] ?? '', channel }));
  const [first, ...others] = named;
  if (first === undefined) throw new Error('no channel');
  let delivery: Delivery | undefined;
  const factory = storedDelivery({
    ...options,
    channels: [first, ...others],
    backend,
    gzip: (bytes) => gzipSync(bytes),
    crc32: (bytes) => crc32(bytes),
    filesMax,
    instead: memoryDelivery(channels[0], options),
  });
  let page: PageListener | undefined;
  const make = (context: DeliveryContext): Delivery => {
    delivery = factory({
      ...context,
      listener: { ...context.listener, onConsent: (consent) => onConsent?.(consent) },
    });
    return delivery;
  };
  const telemetry = telemetryClient(resolved, make, undefined, (listener) => {
    page = listener;
    return () => {};
  });
  if (delivery === undefined || page === undefined) throw new Error('no delivery, or no page');
  return { telemetry, delivery, page };
}
