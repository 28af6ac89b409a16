import { tableCrc32 } from '../deflate/crc32.ts';
import type { DeliveryFactory } from '../delivery.ts';
import type { Compression } from '../gzip.ts';
import { batchEventsTarget, queueEventsDefault } from '../limits.ts';
import type { UploaderOptions } from '../uploader.ts';
import type { NamedChannel } from './channel-lane.ts';
import { MemoryFiles, memoryBackend } from './memory-backend.ts';
import { storedDelivery } from './stored-delivery.ts';

/** Files of a channel in memory: as many full batches as the queue of a single channel holds. */
const filesMax = queueEventsDefault / batchEventsTarget;

/** Several channels over the memory of this process: each has what it has not answered for, and the oldest is dropped where that is too much. */
export function memoryStoreDelivery(
  channels: readonly [NamedChannel, ...NamedChannel[]],
  options: UploaderOptions,
  compression: Compression,
): DeliveryFactory {
  return (context) => {
    const backend = memoryBackend(new MemoryFiles(), context.platform);
    const instead: DeliveryFactory = () => {
      throw new Error('memory can always be had');
    };
    return storedDelivery({ ...options, ...compression, channels, backend, crc32: tableCrc32, filesMax, instead })(
      context,
    );
  };
}
