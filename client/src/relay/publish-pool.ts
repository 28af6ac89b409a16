import type { Channel } from '../channel.ts';
import { type ChannelError, toError } from '../errors.ts';
import { ackTimeoutMsDefault, relayKeepAliveMs, relayWindowBatchesDefault, streamLingerMsDefault } from '../limits.ts';
import { completePlatform, type Platform, type PlatformTimer } from '../platform.ts';
import { defaultRetryPolicy, type RetryPolicy } from '../retry-decision.ts';
import type { SealedBatch } from '../seal-batch.ts';
import type { Settlement, Upload } from '../upload.ts';
import { Uploader } from '../uploader.ts';
import type { Ack } from '../wire/decode-acks.ts';

/** How a pool sends. */
export interface PublishPoolOptions<Batch extends SealedBatch> {
  /** One stream each; at least one. Make them by `grpcChannel`, one call a stream. */
  readonly channels: readonly Channel[];
  /** Batches of one stream that were sent and not yet acknowledged. Default: 512. */
  readonly windowBatches?: number | undefined;
  /** Batches that wait for room in a window, over all streams. Default: one window. */
  readonly waitingBatches?: number | undefined;
  /** How long to wait for an acknowledgement before the connection is taken for dead. Default: 30,000. */
  readonly ackTimeoutMs?: number | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** A batch has ended: taken (accepted, or a duplicate, by `ack.outcome`), too large, or rejected. It is not sent again. */
  readonly onSettled?: ((batch: Batch, settlement: Settlement, ack: Ack, attempts: number) => void) | undefined;
  /** A connection could not be made, or broke. The pool goes on by itself. */
  readonly onError?: ((error: ChannelError) => void) | undefined;
  readonly platform?: Partial<Platform> | undefined;
}

/** What a pool has done so far. */
export interface PublishPoolStats {
  /** Batches given to `send`. */
  readonly batches: number;
  /** Batches that have ended. */
  readonly settledBatches: number;
  /** Batches that were sent more than once, counted when they ended. */
  readonly resentBatches: number;
  /** Streams that are open now. */
  readonly openStreams: number;
  /** Connections that could not be made, or broke. */
  readonly connectionErrors: number;
  /** Exceptions of the callbacks, which are swallowed. */
  readonly callbackErrors: number;
}

/** Many producers, few streams. */
export interface PublishPool<Batch extends SealedBatch> {
  /**
   * Takes a batch, always. Returns a promise when no more should be given before it resolves, and undefined otherwise: a promise for
   * every batch would cost more than sending it. `const full = pool.send(batch); if (full !== undefined) await full;`
   */
  send(batch: Batch): Promise<void> | undefined;
  /** Resolves when every batch given so far has ended, which takes as long as the collector is away. False: closed before that. */
  drain(): Promise<boolean>;
  /** Ends at once. What has no answer yet gets none; call `drain` before to wait for it. */
  close(): void;
  stats(): PublishPoolStats;
}

/**
 * Opens a pool: sends batches that are sealed already, of however many producers, over one stream a channel, and sends them again after
 * a broken connection until the collector has answered for each.
 *
 * @throws TypeError when there is no channel, or a number is not a whole one above 0.
 */
export function openPublishPool<Batch extends SealedBatch>(options: PublishPoolOptions<Batch>): PublishPool<Batch> {
  const windowBatches = options.windowBatches ?? relayWindowBatchesDefault;
  const waitingBatches = options.waitingBatches ?? windowBatches;
  for (const [name, value] of Object.entries({ windowBatches, waitingBatches, channels: options.channels.length })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new TypeError(`${name}: ${value} is not a whole number above 0`);
    }
  }
  return new Pool(options, windowBatches, waitingBatches);
}

class Pool<Batch extends SealedBatch> implements PublishPool<Batch> {
  readonly #options: PublishPoolOptions<Batch>;
  readonly #waitingBatches: number;
  readonly #uploaders: readonly Uploader<Batch>[];
  /** Batches that no uploader has taken, from `#head` on: shifting an array of hundreds for each batch would cost more than sending it. */
  #waiting: Batch[] = [];
  #head = 0;
  #room: { promise: Promise<void>; resolve: () => void } | undefined;
  #drained: { promise: Promise<boolean>; resolve: (complete: boolean) => void } | undefined;
  readonly #platform: Platform;
  #keepAlive: PlatformTimer | undefined;
  #wakeScheduled = false;
  #closed = false;
  #batches = 0;
  #settledBatches = 0;
  #resentBatches = 0;
  #connectionErrors = 0;
  #callbackErrors = 0;

  constructor(options: PublishPoolOptions<Batch>, windowBatches: number, waitingBatches: number) {
    this.#options = options;
    this.#waitingBatches = waitingBatches;
    const owner = {
      next: () => this.#next(),
      onSettled: (upload: Upload<Batch>, settlement: Settlement, ack: Ack) => this.#onSettled(upload, settlement, ack),
      onError: (error: ChannelError) => this.#onError(error),
    };
    const uploaderOptions = {
      windowBatches,
      ackTimeoutMs: options.ackTimeoutMs ?? ackTimeoutMsDefault,
      lingerMs: streamLingerMsDefault,
      // A pool stands in for many machines: what is a slow start for one would be a standstill for it.
      retry: { ...defaultRetryPolicy, resumeBatchesPerSecond: windowBatches, ...options.retry },
    };
    const platform = completePlatform(options.platform ?? {});
    this.#platform = platform;
    this.#uploaders = options.channels.map((channel) => new Uploader(channel, owner, uploaderOptions, platform));
  }

  send(batch: Batch): Promise<void> | undefined {
    this.#batches += 1;
    this.#waiting.push(batch);
    if (this.#keepAlive === undefined && !this.#closed) this.#stayAlive();
    this.#scheduleWake();
    if (this.#waiting.length - this.#head < this.#waitingBatches || this.#closed) {
      return undefined;
    }
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  drain(): Promise<boolean> {
    if (this.#closed || this.#batches === this.#settledBatches) {
      return Promise.resolve(!this.#closed);
    }
    this.#drained ??= Promise.withResolvers<boolean>();
    return this.#drained.promise;
  }

  close(): void {
    this.#closed = true;
    this.#letGo();
    for (const uploader of this.#uploaders) {
      uploader.close();
    }
    this.#room?.resolve();
    this.#drained?.resolve(false);
  }

  stats(): PublishPoolStats {
    return {
      batches: this.#batches,
      settledBatches: this.#settledBatches,
      resentBatches: this.#resentBatches,
      openStreams: this.#uploaders.filter((uploader) => uploader.connected).length,
      connectionErrors: this.#connectionErrors,
      callbackErrors: this.#callbackErrors,
    };
  }

  /** Once for all batches that are given in one go, so that they leave in one message. */
  #scheduleWake(): void {
    if (this.#wakeScheduled) {
      return;
    }
    this.#wakeScheduled = true;
    queueMicrotask(() => {
      this.#wakeScheduled = false;
      for (const uploader of this.#uploaders) {
        if (this.#waiting.length > this.#head) {
          uploader.wake();
        }
      }
    });
  }

  #next(): Upload<Batch> | undefined {
    const batch = this.#waiting[this.#head];
    if (batch === undefined) {
      return undefined;
    }
    this.#head += 1;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    }
    if (this.#room !== undefined && this.#waiting.length - this.#head <= this.#waitingBatches / 2) {
      this.#room.resolve();
      this.#room = undefined;
    }
    return { batch, attempts: 0, uncertain: false };
  }

  #onSettled(upload: Upload<Batch>, settlement: Settlement, ack: Ack): void {
    this.#settledBatches += 1;
    this.#resentBatches += upload.attempts > 1 ? 1 : 0;
    this.#guard(() => this.#options.onSettled?.(upload.batch, settlement, ack, upload.attempts));
    if (this.#settledBatches < this.#batches) return;
    this.#letGo();
    if (this.#drained !== undefined) {
      this.#drained.resolve(true);
      this.#drained = undefined;
    }
  }

  /** While a connection is being made nothing else may keep the process alive, and it would exit with batches in its hands. */
  #stayAlive(): void {
    this.#keepAlive = this.#platform.setTimer(() => this.#stayAlive(), relayKeepAliveMs, true);
  }

  #letGo(): void {
    this.#keepAlive?.cancel();
    this.#keepAlive = undefined;
  }

  #onError(error: ChannelError): void {
    this.#connectionErrors += 1;
    this.#guard(() => this.#options.onError?.(error));
  }

  /** A callback must not stop the sending. */
  #guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      toError(error);
      this.#callbackErrors += 1;
    }
  }
}
