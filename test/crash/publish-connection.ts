import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import {
  type Ack,
  Encoding,
  type PublishStreamRequest,
  PublishStreamRequestSchema,
  PublishStreamResponseSchema,
} from '@telemetry/gen';
import { ACK_TIMEOUT_MS, CONNECT_TIMEOUT_MS, RECONNECT_PAUSE_MS } from './limits.ts';

const path = '/telemetry.v1.CollectorService/PublishStream';

/** Bytes to publish. */
export interface Sending {
  readonly bytes: Uint8Array;
  readonly encoding: 'gzip' | 'identity';
  readonly attempt: number;
}

/** One `PublishStream` call on a connection of its own. */
export class PublishConnection {
  readonly #client: Client;
  readonly #call: ClientDuplexStream<PublishStreamRequest, Uint8Array>;
  readonly #acks = new Map<number, Ack>();
  #sent = 0;
  #isOver = false;
  #wake: () => void = () => {};

  private constructor(client: Client) {
    this.#client = client;
    this.#call = client.makeBidiStreamRequest(
      path,
      (request: PublishStreamRequest) => Buffer.from(toBinary(PublishStreamRequestSchema, request)),
      (bytes: Buffer) => Uint8Array.from(bytes),
    );
    this.#call.on('data', (bytes: Uint8Array) => {
      for (const ack of fromBinary(PublishStreamResponseSchema, bytes).acks) {
        this.#acks.set(Number(ack.requestIndex), ack);
      }
      this.#wake();
    });
    this.#call.on('error', () => this.#end());
    this.#call.on('end', () => this.#end());
  }

  /** Connects; undefined when nobody listens. */
  static async open(address: string): Promise<PublishConnection | undefined> {
    const client = new Client(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': RECONNECT_PAUSE_MS,
      'grpc.max_reconnect_backoff_ms': RECONNECT_PAUSE_MS,
      'grpc.min_reconnect_backoff_ms': RECONNECT_PAUSE_MS,
    });
    const isReady = await new Promise<boolean>((resolve) => {
      client.waitForReady(Date.now() + CONNECT_TIMEOUT_MS, (error) => resolve(error === undefined));
    });
    if (isReady) return new PublishConnection(client);
    client.close();
    return undefined;
  }

  /** Whether the stream has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends one message; returns the index of its first request. */
  send(sendings: readonly Sending[]): number {
    const first = this.#sent;
    this.#sent += sendings.length;
    const requests = sendings.map(({ bytes, encoding, attempt }) => {
      const sealed = { encoding: encoding === 'gzip' ? Encoding.GZIP : Encoding.IDENTITY, bytes };
      return { attempt, content: { case: 'sealed' as const, value: sealed } };
    });
    this.#call.write(create(PublishStreamRequestSchema, { requests }));
    return first;
  }

  /** Waits until so many requests from `first` on are acknowledged, the stream has ended, or the time is up; returns the acks there are. */
  async acks(first: number, count: number, timeoutMs = ACK_TIMEOUT_MS): Promise<(Ack | undefined)[]> {
    const deadlineMs = performance.now() + timeoutMs;
    const indexes = Array.from({ length: count }, (_, index) => first + index);
    while (!this.#isOver && indexes.some((index) => !this.#acks.has(index))) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const found = indexes.map((index) => this.#acks.get(index));
    for (const index of indexes) this.#acks.delete(index);
    return found;
  }

  /** Ends the connection, whatever is on its way. */
  cut(): void {
    this.#call.cancel();
    this.#client.close();
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#wake();
  }
}
