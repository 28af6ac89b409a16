import type { BanList } from './ban-list.ts';
import { BatchLog, type LoggedBatch } from './batch-log.ts';
import type { Channel, ConnectionListener } from './channel.ts';
import type { Delivery, DeliveryContext, DeliveryFactory, WipeResult } from './delivery.ts';
import { type Compression, defaultGzip } from './gzip.ts';
import { keepalivePieceBytesMax, wipeTimeoutMs } from './limits.ts';
import type { EncodedEvents } from './open-batch.ts';
import type { Platform } from './platform.ts';
import { Uploader, type UploaderOptions } from './uploader.ts';

/** Keeps batches in memory until the channel has answered for them: what has no answer when the process ends is lost with it. */
export function memoryDelivery(
  channel: Channel,
  options: UploaderOptions,
  compression: Compression = { gzip: defaultGzip },
): DeliveryFactory {
  return (context) => new MemoryDelivery(channel, options, compression, context);
}

class MemoryDelivery implements Delivery {
  readonly #channel: Channel;
  readonly #options: UploaderOptions;
  readonly #platform: Platform;
  readonly #log: BatchLog;
  #uploader: Uploader<LoggedBatch>;
  #closed = false;
  /** Told when the connection of a closed uploader has ended. */
  #onEnded: (() => void) | undefined;

  constructor(channel: Channel, options: UploaderOptions, compression: Compression, context: DeliveryContext) {
    const { producerId, ledger, listener, platform } = context;
    this.#channel = channel;
    this.#options = options;
    this.#platform = platform;
    const logListener = { ...listener, onReady: () => this.#uploader.wake() };
    this.#log = new BatchLog(producerId, ledger, logListener, platform, compression);
    this.#uploader = this.#newUploader();
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

  hurry(isAwaited: boolean): void {
    this.#uploader.hurry(isAwaited);
  }

  setBanList(list: BanList): void {
    this.#log.setBanList(list, this.#uploader.takeBack('unsent'));
    this.#uploader.wake();
  }

  /** What is on its way breaks off with its connection. Another uploader goes on, once that has ended. */
  async wipe(): Promise<WipeResult> {
    const events = this.#log.wipe(this.#uploader.takeBack('all'));
    if (this.#closed) {
      return { events, problem: undefined };
    }
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const late = `${this.#channel.name}: the connection did not end within ${wipeTimeoutMs} ms`;
    const timer = this.#platform.setTimer(() => resolve(late), wipeTimeoutMs, true);
    this.#onEnded = () => resolve(undefined);
    this.#uploader.close();
    const problem = await promise;
    timer.cancel();
    this.#uploader = this.#newUploader();
    return { events, problem };
  }

  resume(): Promise<void> {
    return Promise.resolve();
  }

  settledUpTo(ordinal: number, timeoutMs: number): Promise<boolean> {
    return this.#log.settledUpTo(ordinal, timeoutMs);
  }

  leave(): void {
    this.#log.sealAll(keepalivePieceBytesMax);
    this.#uploader.hurry(true);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#uploader.close();
  }

  /** The channel outlives an uploader. */
  #newUploader(): Uploader<LoggedBatch> {
    const { name } = this.#channel;
    const connect = (listener: ConnectionListener) => this.#channel.connect(listener);
    const close = (): void => {
      if (this.#closed) {
        this.#channel.close();
      }
      this.#onEnded?.();
    };
    return new Uploader({ name, connect, close }, this.#log, this.#options, this.#platform);
  }
}
