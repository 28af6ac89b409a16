import { fromBinary } from '@bufbuild/protobuf';
import { type Event, type EventBatch, EventBatchSchema } from '@telemetry/gen';
import { Durability, Encoding, Outcome } from '@telemetry/gen/constants';
import type { Channel, ChannelConnection, ConnectionListener } from './channel.ts';
import { ChannelError } from './errors.ts';
import { gunzip } from './gzip.ts';
import type { SealedBatch } from './seal-batch.ts';
import { type Ack, emptyAck } from './wire/decode-acks.ts';

/** A channel that keeps what is sent, for the unit tests of an application. */
export interface MemoryChannel extends Channel {
  /** Every batch taken, decoded, in order. */
  readonly batches: readonly EventBatch[];
  /** Every event taken, in order. */
  readonly events: readonly Event[];
  /** The events of that name. */
  eventsNamed(name: string): Event[];
  /** Forgets what was taken. */
  clear(): void;
}

/** What a memory channel does with batches. */
export interface MemoryChannelOptions {
  /**
   * Answers for a batch, to see how an application fares with a collector that refuses; undefined: the batch is taken.
   *
   * @param index the number of batches that came before it.
   */
  readonly answer?: ((batch: EventBatch, index: number) => Partial<Ack> | undefined) | undefined;
}

/**
 * Keeps what is sent in memory. `await telemetry.flush()` and look at `channel.events`.
 */
export function memoryChannel(options: MemoryChannelOptions = {}): MemoryChannel {
  return new MemoryChannelImplementation(options);
}

class MemoryChannelImplementation implements MemoryChannel {
  readonly name = 'memory';
  readonly #options: MemoryChannelOptions;
  #batches: EventBatch[] = [];
  #received = 0;

  constructor(options: MemoryChannelOptions) {
    this.#options = options;
  }

  get batches(): readonly EventBatch[] {
    return this.#batches;
  }

  get events(): readonly Event[] {
    return this.#batches.flatMap((batch) => batch.events);
  }

  eventsNamed(name: string): Event[] {
    return this.events.filter((event) => event.name === name);
  }

  clear(): void {
    this.#batches = [];
  }

  connect(listener: ConnectionListener): ChannelConnection {
    return new MemoryConnection(listener, (batch) => this.#take(batch));
  }

  /** Nothing outlives a connection, and what was taken stays to be looked at. */
  close(): void {}

  #take(sealed: SealedBatch): Partial<Ack> {
    const bytes = sealed.encoding === Encoding.GZIP ? gunzip(sealed.bytes) : sealed.bytes;
    const batch = fromBinary(EventBatchSchema, bytes);
    const answer = this.#options.answer?.(batch, this.#received++);
    if (answer?.outcome === undefined || answer.outcome === Outcome.ACCEPTED) {
      this.#batches.push(batch);
    }
    const taken = { outcome: Outcome.ACCEPTED, durability: Durability.STORED, acceptedEvents: batch.events.length };
    return { ...taken, ...answer };
  }
}

class MemoryConnection implements ChannelConnection {
  readonly congested = false;
  readonly #listener: ConnectionListener;
  readonly #take: (batch: SealedBatch) => Partial<Ack>;
  #acks: Ack[] = [];
  #nextIndex = 0;
  #ended = false;

  constructor(listener: ConnectionListener, take: (batch: SealedBatch) => Partial<Ack>) {
    this.#listener = listener;
    this.#take = take;
    queueMicrotask(() => this.#ended || listener.onOpen());
  }

  send(batch: SealedBatch): void {
    this.#acks.push({ ...emptyAck(this.#nextIndex++), ...this.#take(batch) });
  }

  flush(): void {
    const acks = this.#acks;
    this.#acks = [];
    queueMicrotask(() => this.#ended || this.#listener.onAcks(acks));
  }

  end(): void {
    queueMicrotask(() => this.#end(undefined));
  }

  abort(): void {
    queueMicrotask(() => this.#end(new ChannelError('memory: given up', { kind: 'retryable' })));
  }

  #end(error: ChannelError | undefined): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#listener.onEnd(error);
    }
  }
}
