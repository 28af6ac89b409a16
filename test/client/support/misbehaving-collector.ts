import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import {
  CollectorService,
  Durability,
  Encoding,
  ErrorReason,
  type EventBatch,
  EventBatchSchema,
  Outcome,
  type PublishRequest,
} from '@telemetry/gen';
import { grpcService } from '@telemetry/gen/grpc-service';
import { createServer, type Server, ServerError, Status } from 'nice-grpc';

/** What the collector does with one batch. */
export type Answer =
  | { readonly kind: 'accept'; readonly retryDelayMs?: number; readonly drop?: readonly number[] }
  | { readonly kind: 'reject'; readonly reason: ErrorReason }
  | { readonly kind: 'defer'; readonly retryDelayMs: number }
  /** Takes it and never answers. */
  | { readonly kind: 'silence' }
  /** Takes it or not, and ends the stream with an error before the answer is out. */
  | { readonly kind: 'break'; readonly keep: boolean; readonly status?: Status };

/** A batch as it came. */
export interface Arrival {
  readonly batch: EventBatch;
  readonly encoding: Encoding;
  readonly sealedBytes: Uint8Array;
  readonly attempt: number;
  /** How often these bytes had come before. */
  readonly earlier: number;
  readonly timeMs: number;
  /** Which stream it came over, counted from 0. */
  readonly stream: number;
}

/**
 * A small collector over a real socket: speaks the protocol, keeps what it takes in memory, and misbehaves as it is told. What it
 * holds is kept by (producer, number), so a number that comes twice with a different content shows.
 */
export class MisbehavingCollector {
  /** Decides what happens to a batch. Default: it is accepted. */
  answer: (arrival: Arrival) => Answer = () => ({ kind: 'accept' });
  readonly arrivals: Arrival[] = [];
  readonly metadata: ReadonlyMap<string, string>[] = [];
  /** Requests of each stream message, in the order in which they came. */
  readonly messageSizes: number[] = [];
  streams = 0;
  openStreams = 0;
  /** Events by producer and number. */
  readonly stored = new Map<string, Map<number, string>>();
  /** Declared drops by producer: number to reason. */
  readonly declared = new Map<string, Map<number, number>>();
  /** Numbers that were stored or declared more than once by different batches: always an error of the client. */
  readonly conflicts: string[] = [];
  readonly #seen = new Map<string, number>();
  readonly #taken = new Set<string>();
  #server: Server | undefined;
  #port = 0;

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Listens: on any port the first time, on the same one after that. */
  async start(): Promise<this> {
    const server = createServer({ 'grpc.max_receive_message_length': 8 << 20 });
    const collector = this;
    server.add(grpcService(CollectorService), {
      publish: () => Promise.reject(new ServerError(Status.UNIMPLEMENTED, 'not here')),
      getLimits: () => Promise.reject(new ServerError(Status.UNIMPLEMENTED, 'not here')),
      async *publishStream(requests, context) {
        const stream = collector.streams++;
        collector.openStreams += 1;
        collector.metadata.push(new Map([...context.metadata].map(([name, values]) => [name, String(values[0])])));
        let index = 0;
        try {
          for await (const message of requests) {
            collector.messageSizes.push(message.requests.length);
            const acks = [];
            for (const request of message.requests) {
              const ack = collector.#take(request, index++, stream);
              if (ack !== undefined) {
                acks.push(ack);
              }
            }
            if (acks.length > 0) {
              yield { acks };
            }
          }
        } finally {
          collector.openStreams -= 1;
        }
      },
    });
    this.#port = await server.listen(`127.0.0.1:${this.#port}`);
    this.#server = server;
    return this;
  }

  /** As a killed process does: every connection breaks at once, and nobody listens. */
  kill(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
  }

  /** Numbers stored for a producer, or for all of the only one. */
  storedNumbers(): number[] {
    return [...this.stored.values()].flatMap((events) => [...events.keys()]).sort((a, b) => a - b);
  }

  declaredReasons(): Map<number, number> {
    return new Map([...this.declared.values()].flatMap((reasons) => [...reasons]));
  }

  #take(request: PublishRequest, index: number, stream: number) {
    if (request.content.case !== 'sealed') {
      throw new ServerError(Status.INVALID_ARGUMENT, 'not a sealed batch');
    }
    const { encoding, bytes } = request.content.value;
    const batch = fromBinary(EventBatchSchema, encoding === Encoding.GZIP ? gunzipSync(bytes) : bytes);
    const key = Buffer.from(bytes).toString('base64');
    const earlier = this.#seen.get(key) ?? 0;
    this.#seen.set(key, earlier + 1);
    const arrival: Arrival = {
      batch,
      encoding,
      sealedBytes: bytes,
      attempt: request.attempt,
      earlier,
      timeMs: performance.now(),
      stream,
    };
    this.arrivals.push(arrival);
    const answer = this.answer(arrival);
    const requestIndex = BigInt(index);
    switch (answer.kind) {
      case 'accept': {
        const duplicate = this.#taken.has(key);
        this.#keep(batch, key, new Set(answer.drop));
        const dropped = duplicate ? [] : (answer.drop ?? []);
        return {
          requestIndex,
          outcome: duplicate ? Outcome.DUPLICATE : Outcome.ACCEPTED,
          durability: Durability.SPOOLED,
          acceptedEvents: batch.events.length - dropped.length,
          droppedEvents: dropped.map((at) => ({ index: at, reason: 1 as const })),
          droppedEventCount: dropped.length,
          ...(answer.retryDelayMs === undefined ? {} : { retryDelay: duration(answer.retryDelayMs) }),
          blacklistVersion: 7n,
        };
      }
      case 'reject':
        return {
          requestIndex,
          outcome: Outcome.REJECTED,
          rejection: { reason: answer.reason, message: 'as told', field: '' },
        };
      case 'defer':
        return {
          requestIndex,
          outcome: Outcome.DEFERRED,
          rejection: { reason: ErrorReason.OVERLOADED, message: 'as told', field: '' },
          retryDelay: duration(answer.retryDelayMs),
        };
      case 'silence':
        this.#keep(batch, key, new Set());
        return undefined;
      case 'break':
        if (answer.keep) {
          this.#keep(batch, key, new Set());
        }
        throw new ServerError(answer.status ?? Status.UNAVAILABLE, 'as told');
    }
  }

  #keep(batch: EventBatch, key: string, drop: ReadonlySet<number>): void {
    if (this.#taken.has(key)) {
      return;
    }
    this.#taken.add(key);
    const producer = Buffer.from(batch.producerId).toString('hex');
    const stored = this.stored.get(producer) ?? new Map<number, string>();
    const declared = this.declared.get(producer) ?? new Map<number, number>();
    this.stored.set(producer, stored);
    this.declared.set(producer, declared);
    for (const [at, event] of batch.events.entries()) {
      const seq = Number(event.seq);
      this.#claim(producer, seq);
      if (!drop.has(at)) {
        stored.set(seq, event.name);
      }
    }
    for (const range of batch.dropped) {
      for (let seq = Number(range.firstSeq); seq <= Number(range.lastSeq); seq++) {
        this.#claim(producer, seq);
        declared.set(seq, range.reason);
      }
    }
  }

  #claim(producer: string, seq: number): void {
    if (this.stored.get(producer)?.has(seq) || this.declared.get(producer)?.has(seq)) {
      this.conflicts.push(`${producer} ${seq}`);
    }
  }
}

function duration(ms: number): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: Math.round((ms % 1000) * 1e6) };
}
