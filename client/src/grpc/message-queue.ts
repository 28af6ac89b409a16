import { messageBatchesMax, messageBytesTarget, waitingMessagesMax } from '../limits.ts';
import type { SealedBatch } from '../seal-batch.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { writeStreamRequest } from '../wire/encode-publish-request.ts';

/**
 * Packs batches into messages, and hands these out at the pace at which the network takes them. While a message waits, further batches
 * join it, so messages are as large as the network is slow, and a batch alone waits for nothing.
 */
export class MessageQueue implements AsyncIterable<Uint8Array> {
  readonly #onDrain: () => void;
  readonly #writer = new ByteWriter(messageBytesTarget * 2);
  readonly #messages: Uint8Array[] = [];
  #batchesInWriter = 0;
  #taker: ((result: IteratorResult<Uint8Array>) => void) | undefined;
  #ended = false;
  #congested = false;

  /** @param onDrain called when the queue is no longer congested. */
  constructor(onDrain: () => void) {
    this.#onDrain = onDrain;
  }

  get congested(): boolean {
    return this.#congested;
  }

  add(batch: SealedBatch, attempt: number): void {
    if (this.#batchesInWriter > 0 && this.#writer.length + batch.bytes.length > messageBytesTarget) {
      this.#close();
    }
    writeStreamRequest(this.#writer, batch.encoding, batch.bytes, attempt);
    this.#batchesInWriter += 1;
    if (this.#batchesInWriter >= messageBatchesMax || this.#writer.length >= messageBytesTarget) {
      this.#close();
    }
  }

  #close(): void {
    this.#messages.push(this.#cut());
    this.#congested = this.#messages.length >= waitingMessagesMax;
  }

  /** What was added should leave. */
  flush(): void {
    const taker = this.#taker;
    const message = taker === undefined ? undefined : this.#take();
    if (taker !== undefined && message !== undefined) {
      this.#taker = undefined;
      taker({ done: false, value: message });
    }
  }

  /** What was added and has not left yet never will. */
  discard(): void {
    this.#messages.length = 0;
    this.#writer.truncate(0);
    this.#batchesInWriter = 0;
  }

  /** Nothing more will be added. */
  end(): void {
    this.#ended = true;
    this.flush();
    this.#taker?.({ done: true, value: undefined });
    this.#taker = undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      return: () => {
        this.end();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const message = this.#take();
    if (message !== undefined) {
      return Promise.resolve({ done: false, value: message });
    }
    if (this.#ended) {
      return Promise.resolve({ done: true, value: undefined });
    }
    return new Promise((resolve) => {
      this.#taker = resolve;
    });
  }

  /** The next message: a full one, or what has come together so far. */
  #take(): Uint8Array | undefined {
    const message = this.#messages.shift() ?? (this.#batchesInWriter > 0 ? this.#cut() : undefined);
    if (this.#congested && this.#messages.length === 0) {
      this.#congested = false;
      queueMicrotask(this.#onDrain);
    }
    return message;
  }

  #cut(): Uint8Array {
    const message = this.#writer.copy();
    this.#writer.truncate(0);
    this.#batchesInWriter = 0;
    return message;
  }
}
