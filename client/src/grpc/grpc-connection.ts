import type { Channel as GrpcJsChannel } from '@grpc/grpc-js';
import { createClient, Metadata } from 'nice-grpc';
import type { ChannelConnection, ConnectionListener } from '../channel.ts';
import { ChannelError } from '../errors.ts';
import type { Platform, PlatformTimer } from '../platform.ts';
import type { SealedBatch } from '../seal-batch.ts';
import { isUnimplemented, toChannelError } from './grpc-error.ts';
import { MessageQueue } from './message-queue.ts';
import { PublishCalls } from './publish-calls.ts';
import { rawPublishService } from './publish-methods.ts';

/** One stream of `PublishStream`; `Publish` calls in its place where the receiver has no such call. */
export class GrpcConnection implements ChannelConnection {
  /** Told when the connection ended otherwise than in order. */
  onFailed: () => void = () => {};
  /** Told when the receiver turns out to have no `PublishStream`. */
  onNoStream: () => void = () => {};
  readonly #address: string;
  readonly #listener: ConnectionListener;
  readonly #platform: Platform;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #messages: MessageQueue;
  readonly #abort = new AbortController();
  /** What was sent over a stream that has not answered: it may turn out that the receiver has none. */
  #unproven: { readonly batch: SealedBatch; readonly attempt: number }[] | undefined = [];
  #calls: PublishCalls | undefined;
  #connectTimer: PlatformTimer | undefined;
  #ending = false;
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
    this.#messages = new MessageQueue(() => this.#ended || this.#calls !== undefined || listener.onDrain());
  }

  get congested(): boolean {
    return (this.#calls ?? this.#messages).congested;
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(batch: SealedBatch, attempt: number): void {
    this.#unproven?.push({ batch, attempt });
    (this.#calls ?? this.#messages).add(batch, attempt);
  }

  /** A call leaves as soon as it is made. */
  flush(): void {
    this.#messages.flush();
  }

  end(): void {
    this.#ending = true;
    (this.#calls ?? this.#messages).end();
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
    // Calls beside the one that failed.
    this.#abort.abort();
    if (error !== undefined) {
      this.onFailed();
    }
    this.#listener.onEnd(error);
  }

  /** The transport stands: begins to send, by a stream unless the receiver is known to have none. */
  start(grpc: GrpcJsChannel, hasStream: boolean): void {
    this.#connectTimer?.cancel();
    if (hasStream) {
      void this.#run(grpc);
    } else {
      this.#unproven = undefined;
      this.#calls = this.#newCalls(grpc);
    }
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
        this.#unproven = undefined;
        this.#listener.onAcks(acks);
      }
      this.fail(undefined);
    } catch (error) {
      if (this.#unproven !== undefined && !this.#ended && isUnimplemented(error, trailer)) {
        this.#fallBack(grpc, this.#unproven);
      } else {
        this.fail(toChannelError(error, this.#address, trailer));
      }
    }
  }

  /** There is no such call as was made, so that nothing was read of it: what was sent goes again, each batch by a call of its own. */
  #fallBack(grpc: GrpcJsChannel, sent: readonly { readonly batch: SealedBatch; readonly attempt: number }[]): void {
    this.#unproven = undefined;
    this.#messages.discard();
    this.#calls = this.#newCalls(grpc);
    this.onNoStream();
    this.#listener.onSentAgain();
    for (const { batch, attempt } of sent) {
      this.#calls.add(batch, attempt + 1);
    }
    if (this.#ending) {
      this.#calls.end();
    } else if (!this.#calls.congested) {
      this.#listener.onDrain();
    }
  }

  #newCalls(grpc: GrpcJsChannel): PublishCalls {
    return new PublishCalls(
      { grpc, address: this.#address, metadata: this.#metadata, signal: this.#abort.signal },
      {
        onAcks: (acks) => this.#ended || this.#listener.onAcks(acks),
        onDrain: () => this.#ended || this.#listener.onDrain(),
        onEnd: (error) => this.fail(error),
      },
    );
  }
}
