import { BatchLog, type LoggedBatch } from './batch-log.ts';
import type { Channel } from './channel.ts';
import type { Delivery, DeliveryContext, DeliveryFactory } from './delivery.ts';
import { defaultGzip } from './gzip.ts';
import { keepalivePieceBytesMax } from './limits.ts';
import type { EncodedEvents } from './open-batch.ts';
import { Uploader, type UploaderOptions } from './uploader.ts';

/** Keeps batches in memory until the channel has answered for them: what has no answer when the process ends is lost with it. */
export function memoryDelivery(channel: Channel, options: UploaderOptions): DeliveryFactory {
  return (context) => new MemoryDelivery(channel, options, context);
}

class MemoryDelivery implements Delivery {
  readonly #log: BatchLog;
  readonly #uploader: Uploader<LoggedBatch>;

  constructor(channel: Channel, options: UploaderOptions, context: DeliveryContext) {
    const { producerId, ledger, listener, platform } = context;
    const logListener = { ...listener, onReady: () => this.#uploader.wake() };
    this.#log = new BatchLog(producerId, ledger, logListener, platform, defaultGzip);
    this.#uploader = new Uploader(channel, this.#log, options, platform);
  }

  get heldEvents(): number {
    return this.#log.heldEvents;
  }

  get queuedEvents(): number {
    return this.#log.heldEvents;
  }

  get heldBytes(): number {
    return this.#log.heldBytes;
  }

  get lastOrdinal(): number {
    return this.#log.lastOrdinal;
  }

  get connected(): boolean {
    return this.#uploader.connected;
  }

  append(events: EncodedEvents): void {
    this.#log.append(events);
  }

  hurry(): void {
    this.#uploader.hurry();
  }

  settledUpTo(ordinal: number, timeoutMs: number): Promise<boolean> {
    return this.#log.settledUpTo(ordinal, timeoutMs);
  }

  leave(): void {
    this.#log.sealAll(keepalivePieceBytesMax);
    this.#uploader.hurry();
  }

  async close(): Promise<void> {
    this.#uploader.close();
  }
}
