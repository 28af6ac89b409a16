import { type ChannelOptions, connectivityState, type Channel as GrpcJsChannel } from '@grpc/grpc-js';
import { type ChannelCredentials, createChannel } from 'nice-grpc';
import { bearerKey } from '../bearer-key.ts';
import type { Channel, ChannelConnection, ConnectionListener } from '../channel.ts';
import { ChannelError, toError } from '../errors.ts';
import { connectTimeoutMsDefault } from '../limits.ts';
import { completePlatform, type Platform } from '../platform.ts';
import { channelCredentials, type TlsOptions } from './channel-credentials.ts';
import { parseEndpoint } from './endpoint.ts';
import { GrpcBlacklistSource } from './grpc-blacklist-source.ts';
import { GrpcConnection } from './grpc-connection.ts';

/** How to reach a collector over gRPC. */
export interface GrpcChannelOptions {
  /** Key that the collector asks for: an ingest key, as `telemetry keys add` prints it. It is sent with every call. */
  readonly key?: string | undefined;
  /** How to encrypt. Default: with the system's certificates for an https address, not at all for any other. */
  readonly tls?: TlsOptions | undefined;
  /** Credentials of grpc-js, in place of `tls`. */
  readonly credentials?: ChannelCredentials | undefined;
  /** Sent with every call: names in lower case. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** How long to wait for a connection. Default: 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Options of grpc-js, for proxies and the like. */
  readonly grpcOptions?: ChannelOptions | undefined;
  /** Time and timers. Default: the system's. */
  readonly platform?: Partial<Platform> | undefined;
}

/**
 * A channel to a collector over gRPC, by `CollectorService.PublishStream`, or by `Publish` where it does not have that.
 *
 * @param address "host:port", "http://host:port" or "https://host:port".
 * @throws TypeError when the address is none of these, or options exclude each other.
 */
export function grpcChannel(address: string, options: GrpcChannelOptions = {}): Channel {
  const endpoint = parseEndpoint(address);
  return new GrpcChannel(endpoint, {
    ...options,
    credentials: channelCredentials(endpoint, options),
    metadata: { ...options.metadata, ...bearerKey(options.key) },
  });
}

/**
 * Each channel has a connection of its own, so that several channels to one address are several connections. grpc-js sends nothing again by
 * itself: it would do so with the same attempt, and keep a copy of all that is sent.
 */
const fixedOptions: ChannelOptions = { 'grpc.use_local_subchannel_pool': 1, 'grpc.enable_retries': 0 };

class GrpcChannel implements Channel {
  readonly name: string;
  readonly blacklist: GrpcBlacklistSource;
  readonly #options: GrpcChannelOptions;
  /** Kept from one stream to the next while its connection is good. */
  #grpc: GrpcJsChannel | undefined;
  /** Whether who is at the other end of it has `PublishStream`, as far as is known. */
  #hasStream = true;
  #connections = 0;
  #closed = false;

  constructor(address: string, options: GrpcChannelOptions) {
    this.name = address;
    this.#options = options;
    this.blacklist = new GrpcBlacklistSource(address, options.metadata ?? {}, {
      open: () => this.#channel(),
      onFailed: () => this.#connections > 0 || this.#forget(),
    });
  }

  connect(listener: ConnectionListener): ChannelConnection {
    const ended = new AbortController();
    this.#closed = false;
    this.#connections += 1;
    const connection = new GrpcConnection(
      this.name,
      {
        onOpen: () => listener.onOpen(),
        onAcks: (acks) => listener.onAcks(acks),
        onSentAgain: () => listener.onSentAgain(),
        onDrain: () => listener.onDrain(),
        onEnd: (error) => {
          this.#connections -= 1;
          ended.abort();
          listener.onEnd(error);
        },
      },
      completePlatform(this.#options.platform ?? {}),
      this.#options.metadata ?? {},
    );
    queueMicrotask(() => this.#open(connection, ended.signal));
    return connection;
  }

  close(): void {
    this.#closed = true;
    this.#forget();
  }

  /** Until the connection is another one: somebody else may be there then. */
  #doWithoutStream(): void {
    this.#hasStream = false;
    this.#grpc?.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
      this.#hasStream = true;
    });
  }

  #forget(): void {
    this.#grpc?.close();
    this.#grpc = undefined;
  }

  #channel(): GrpcJsChannel {
    if (this.#closed) {
      throw new ChannelError(`${this.name}: closed`, { kind: 'permanent' });
    }
    this.#grpc ??= createChannel(this.name, this.#options.credentials, {
      ...fixedOptions,
      ...this.#options.grpcOptions,
    });
    return this.#grpc;
  }

  #open(connection: GrpcConnection, ended: AbortSignal): void {
    const timeoutMs = this.#options.connectTimeoutMs ?? connectTimeoutMsDefault;
    // A connection that failed is not waited for: grpc-js has a backoff of its own, the uploader's is the one that counts.
    connection.onFailed = () => this.#forget();
    connection.onNoStream = () => this.#doWithoutStream();
    try {
      const grpc = this.#channel();
      connection.failAfter(timeoutMs, `${this.name}: no connection within ${timeoutMs} ms`);
      this.#awaitReady(grpc, connection, ended);
    } catch (error) {
      connection.fail(new ChannelError(`${this.name}: ${toError(error).message}`, { kind: 'retryable', cause: error }));
    }
  }

  /** Starts the stream when the connection stands, so that what is handed to it was either sent or is known not to be. */
  #awaitReady(grpc: GrpcJsChannel, connection: GrpcConnection, ended: AbortSignal): void {
    if (connection.ended) {
      return;
    }
    const state = grpc.getConnectivityState(true);
    if (state === connectivityState.READY) {
      connection.start(grpc, this.#hasStream);
      this.blacklist.connected(grpc, ended);
    } else if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) {
      connection.fail(
        new ChannelError(`${this.name}: cannot connect; is a collector listening there?`, { kind: 'retryable' }),
      );
    } else {
      // No deadline here: the timer of grpc-js would keep the process alive. Ours closes the channel, which ends the watch.
      grpc.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => this.#awaitReady(grpc, connection, ended));
    }
  }
}
