import type { BlacklistSource } from './blacklist-source.ts';
import type { ChannelError } from './errors.ts';
import type { SealedBatch } from './seal-batch.ts';
import type { Ack } from './wire/decode-acks.ts';

/**
 * Somewhere that sealed batches go: a collector over gRPC, the memory of a test. A channel knows how to connect and how to speak; what to
 * send, when to try again and what an answer means is the uploader's.
 */
export interface Channel {
  /** For people: in errors and statistics. */
  readonly name: string;
  /** Where the client gets the blacklist, where the other side has one. */
  readonly blacklist?: BlacklistSource | undefined;
  /**
   * Begins to connect. Called again after a connection has ended, never while one is open. Does not throw: a failure is told by
   * `ConnectionListener.onEnd`.
   */
  connect(listener: ConnectionListener): ChannelConnection;
  /**
   * Sends a batch for the first time, from a page that may end before there is an answer: none is waited for, and the batch is kept to be sent
   * again. Not for channels that have no such way.
   */
  sendOnce?(batch: SealedBatch): void;
  /** Breaks off what `sendOnce` has on its way. */
  recall?(): void;
  /** Gives up what outlives a connection. Called once, when no connection is open any more. */
  close(): void;
}

/** One connection. Calls the listener asynchronously, never from inside one of its own methods. */
export interface ChannelConnection {
  /** True while enough waits for the network: send no more until `onDrain`. */
  readonly congested: boolean;
  /**
   * Takes a batch. Only after `onOpen`. Its answer is the acknowledgement whose request index is the number of batches that this connection took
   * before it.
   *
   * @param attempt 1 the first time that anybody sends this batch, more after that.
   */
  send(batch: SealedBatch, attempt: number): void;
  /** Nothing more is coming for now: what was taken should leave. */
  flush(): void;
  /** Nothing more is coming at all: end in order. `onEnd` follows. */
  end(): void;
  /** Ends at once; what has no answer will get none. `onEnd` follows. */
  abort(): void;
}

/** Hears of a connection. */
export interface ConnectionListener {
  /** Batches can be sent now. */
  onOpen(): void;
  /** What became of batches: all acknowledgements that came together. */
  onAcks(acks: readonly Ack[]): void;
  /**
   * What was sent and has no answer was sent once more, in the same order and over the same connection, since the other side does not know the
   * call by which it came: each of these batches has an attempt more.
   */
  onSentAgain(): void;
  /** It is not congested any more. */
  onDrain(): void;
  /** It is over, once and for all; undefined when it ended in order. */
  onEnd(error: ChannelError | undefined): void;
}
