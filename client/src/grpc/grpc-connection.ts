import type { Channel as GrpcJsChannel } from '@grpc/grpc-js';
import { createClient, Metadata } from 'nice-grpc';
import type { ChannelConnection, ConnectionListener } from '../channel.ts';
import { ChannelError } from '../errors.ts';
import type { Platform, PlatformTimer } from '../platform.ts';
import type { SealedBatch } from '../seal-batch.ts';
import { toChannelError } from './grpc-error.ts';
import { MessageQueue } from './message-queue.ts';
import { rawPublishService } from './publish-stream-method.ts';

/** One stream of `PublishStream`. */
export class GrpcConnection implements ChannelConnection {
  /** Told when the connection ended otherwise than in order. */
  onFailed: () => void = () => {};
  readonly #address: string;
  readonly #listener: ConnectionListener;
  readonly #platform: Platform;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #messages: MessageQueue;
  readonly #abort = new AbortController();
  #connectTimer: PlatformTimer | undefined;
  #ended = false;

  constructor(
    address: string,
    listener: ConnectionListener,
    platform: Platform,
    metadata: Readonly<Record<string, string>>,
  ) {
    this.#address = address;
    this.#listener = listener;
    this.#platform = platform;
    this.#metadata = metadata;
    this.#messages = new MessageQueue(() => this.#ended || listener.onDrain());
  }

  get congested(): boolean {
    return this.#messages.congested;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(batch: SealedBatch, attempt: number): void {
    this.#messages.add(batch, attempt);
  }

  flush(): void {
    this.#messages.flush();
  }

  end(): void {
    this.#messages.end();
  }

  abort(): void {
    this.#messages.discard();
    this.#abort.abort();
    // Not by way of the stream, which may be one that answers nothing any more.
    queueMicrotask(() => this.fail(new ChannelError(`${this.#address}: given up`, { kind: 'retryable' })));
  }

  /** The connection fails with this message unless the stream has started by then. */
  failAfter(timeoutMs: number, message: string): void {
    this.#connectTimer = this.#platform.setTimer(
      () => this.fail(new ChannelError(message, { kind: 'retryable' })),
      timeoutMs,
    );
  }

  fail(error: ChannelError | undefined): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#connectTimer?.cancel();
    this.#messages.end();
    if (error !== undefined) {
      this.onFailed();
    }
    this.#listener.onEnd(error);
  }

  /** The transport stands: begins the stream. */
  start(grpc: GrpcJsChannel): void {
    this.#connectTimer?.cancel();
    void this.#run(grpc);
    this.#listener.onOpen();
  }

  async #run(grpc: GrpcJsChannel): Promise<void> {
    let trailer: Metadata | undefined;
    try {
      const client = createClient(rawPublishService, grpc);
      const responses = client.publishStream(this.#messages, {
        signal: this.#abort.signal,
        metadata: Metadata(this.#metadata),
        onTrailer: (received) => {
          trailer = received;
        },
      });
      for await (const acks of responses) {
        if (this.#ended) {
          return;
        }
        this.#listener.onAcks(acks);
      }
      this.fail(undefined);
    } catch (error) {
      this.fail(toChannelError(error, this.#address, trailer));
    }
  }
}
