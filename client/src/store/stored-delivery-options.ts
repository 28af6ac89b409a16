import type { Crc32 } from '../deflate/crc32.ts';
import type { DeliveryFactory } from '../delivery.ts';
import type { Compression } from '../gzip.ts';
import type { UploaderOptions } from '../uploader.ts';
import type { NamedChannel } from './channel-lane.ts';
import type { StoreBackend } from './store-backend.ts';

/** How a stored delivery works. */
export interface StoredDeliveryOptions extends UploaderOptions, Compression {
  readonly channels: readonly [NamedChannel, ...NamedChannel[]];
  readonly backend: StoreBackend;
  readonly crc32: Crc32;
  /** Files of a channel, at most. */
  readonly filesMax?: number | undefined;
  /** Takes the place of this delivery where the store cannot be used at all. */
  readonly instead: DeliveryFactory;
  /** Calls back when the process exits; returns what ends that. */
  readonly onExit?: ((atExit: () => void) => () => void) | undefined;
}
