import { fromBinary } from '@bufbuild/protobuf';
import { type Event, type EventBatch, EventBatchSchema } from '@telemetry/gen';
import { Durability, Encoding, Outcome } from '@telemetry/gen/constants';
import type { Channel, ChannelConnection, ConnectionListener } from './channel.ts';
import { ChannelError } from './errors.ts';
import { gunzip } from './gzip.ts';
import { flushTimeoutMsDefault } from './limits.ts';
import { type EventMatch, mismatches } from './memory/event-match.ts';
import { explainMissing, explainSurplus } from './memory/explain-failure.ts';
import { type RecordedEvent, recordedDrops, recordedEvents } from './memory/recorded-event.ts';
import type { SealedBatch } from './seal-batch.ts';
import { type Ack, emptyAck } from './wire/decode-acks.ts';

/** An expectation of a test that was not met. */
export class EventExpectationError extends Error {
  override readonly name = 'EventExpectationError';
}

/** A channel that keeps what is sent, for the unit tests of an application. Its expectations need no test runner. */
export interface MemoryChannel extends Channel {
  /** Every batch taken, decoded, in order. */
  readonly batches: readonly EventBatch[];
  /** Every event taken, in order. */
  readonly events: readonly Event[];
  /** The events of that name. */
  eventsNamed(name: string): Event[];
  /** The events that are meant, in order, in the words of the API. */
  findEvents(match: EventMatch): RecordedEvent[];
  /**
   * The first event that is meant. Looks at what was taken so far: `await telemetry.flush()` comes before it.
   *
   * @throws EventExpectationError saying which event comes closest and in what it differs, when there is none.
   */
  expectEvent(match: EventMatch): RecordedEvent;
  /**
   * Makes sure that no such event was taken so far.
   *
   * @throws EventExpectationError when there is one.
   */
  expectNoEvent(match: EventMatch): void;
  /**
   * Resolves to the first event that is meant, once it is taken; rejects with an `EventExpectationError` when the time is over. For code that
   * flushes by itself: of its own a client sends after `flushIntervalMs`.
   *
   * @param options.timeoutMs how long to wait at most. Default: 5,000.
   */
  waitForEvent(match: EventMatch, options?: { readonly timeoutMs?: number | undefined }): Promise<RecordedEvent>;
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
  /** Those who wait for an event look each time that a batch is taken. */
  readonly #waiting = new Set<() => void>();
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

  findEvents(match: EventMatch): RecordedEvent[] {
    return this.#batches.flatMap(recordedEvents).filter((event) => mismatches(match, event).length === 0);
  }

  expectEvent(match: EventMatch): RecordedEvent {
    const [found] = this.findEvents(match);
    if (found === undefined) {
      throw this.#missing(match);
    }
    return found;
  }

  expectNoEvent(match: EventMatch): void {
    const found = this.findEvents(match);
    if (found.length > 0) {
      throw new EventExpectationError(explainSurplus(match, found));
    }
  }

  waitForEvent(
    match: EventMatch,
    { timeoutMs = flushTimeoutMsDefault }: { readonly timeoutMs?: number | undefined } = {},
  ): Promise<RecordedEvent> {
    return new Promise((resolve, reject) => {
      const settle = (answer: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        answer();
      };
      const look = (): void => {
        try {
          const [found] = this.findEvents(match);
          if (found !== undefined) {
            settle(() => resolve(found));
          }
        } catch (error) {
          // A function of the match threw, which is the test's and not the client's to know.
          settle(() => reject(error));
        }
      };
      const timer = setTimeout(() => settle(() => reject(this.#missing(match))), timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  clear(): void {
    this.#batches = [];
  }

  #missing(match: EventMatch): EventExpectationError {
    const drops = this.#batches.flatMap(recordedDrops);
    return new EventExpectationError(explainMissing(match, this.#batches.flatMap(recordedEvents), drops));
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
      for (const look of [...this.#waiting]) {
        look();
      }
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
