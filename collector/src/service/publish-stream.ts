import { isAbortError } from 'abort-controller-x';
import type { CallContext } from 'nice-grpc';
import { Caller } from '../access/caller.ts';
import type { Admission } from '../admission/admit-batch.ts';
import { Refusal } from '../admission/refusal.ts';
import { ACK_MESSAGE_SIZE_BYTES_MAX, ACKS_HELD_SIZE_BYTES_MAX, ACKS_WAITING_SIZE_BYTES_MAX } from '../limits.ts';
import type { AckFacts } from './ack.ts';
import { AckWriter } from './encode-ack.ts';
import { toServerError } from './grpc-status.ts';
import type { Receiver } from './receiver.ts';

/** What bounds a stream; see the limits of the protocol. */
export interface StreamBounds {
  readonly windowBatchesMax: number;
  readonly ackDroppedEventsMax: number;
}

/**
 * One `PublishStream` call: a reader that submits batches, and a writer that sends what was acknowledged since it last wrote. They meet
 * in the buffer of acknowledgements, bounded by the window of batches whose acknowledgement has not gone out, and in bytes.
 */
export class PublishStream {
  readonly #receiver: Receiver;
  readonly #admission: Admission;
  readonly #bounds: StreamBounds;
  readonly #blacklistVersion: () => number;
  readonly #caller: Caller;
  readonly #acks: AckWriter;
  #nextIndex = 0;
  /** Batches without an acknowledgement that went out. */
  #waiting = 0;
  /** Bytes of acknowledgements that the client has not read, as far as can be known. */
  #heldSizeBytes = 0;
  /** Of these, what is on its way. */
  #sendingSizeBytes = 0;
  #isOver = false;
  #isReadingDone = false;
  /** Whether the key was revoked meanwhile. */
  #isEnded = false;
  #failure: unknown;
  #wakeWriter: (() => void) | undefined;
  #wakeReader: (() => void) | undefined;

  constructor(
    receiver: Receiver,
    admission: Admission,
    bounds: StreamBounds,
    blacklistVersion: () => number,
    caller: Caller,
  ) {
    this.#caller = caller;
    this.#receiver = receiver;
    this.#admission = admission;
    this.#bounds = bounds;
    this.#blacklistVersion = blacklistVersion;
    this.#acks = new AckWriter(bounds.ackDroppedEventsMax, ACK_MESSAGE_SIZE_BYTES_MAX);
  }

  /** The answers to `messages`, until all are answered or the call is cancelled. */
  async *run(messages: AsyncIterable<Uint8Array>, context: CallContext): AsyncGenerator<Uint8Array> {
    const wakeOnCancel = () => {
      this.#wakeWriter?.();
      this.#wakeReader?.();
    };
    this.#receiver.streamsOpen++;
    context.signal.addEventListener('abort', wakeOnCancel);
    this.#receiver.stopping.addEventListener('abort', wakeOnCancel);
    const stopListening = this.#caller.onEnd(() => {
      this.#isEnded = true;
      wakeOnCancel();
    });
    void this.#read(messages, context.signal);
    try {
      while (!context.signal.aborted) {
        if (!this.#acks.isEmpty) {
          const { bytes, acks } = this.#acks.take();
          this.#sendingSizeBytes = bytes.length;
          yield bytes;
          this.#sendingSizeBytes = 0;
          this.#hold(this.#acks.sizeBytes);
          // Only now: a client that sends and does not read must not fill the memory with its acknowledgements.
          this.#waiting -= acks;
          this.#wakeReader?.();
          continue;
        }
        if (this.#isReadingDone && this.#waiting === 0) break;
        // All that was taken is acknowledged: the client goes elsewhere with the rest.
        if (this.#receiver.stopping.aborted && this.#waiting === 0)
          throw toServerError(this.#receiver.shuttingDown(), context);
        if (this.#isEnded && this.#waiting === 0) throw toServerError(Caller.ended(), context);
        await new Promise<void>((resolve) => {
          this.#wakeWriter = resolve;
        });
      }
    } finally {
      this.#receiver.streamsOpen--;
      this.#isOver = true;
      this.#hold(0);
      stopListening();
      context.signal.removeEventListener('abort', wakeOnCancel);
      this.#receiver.stopping.removeEventListener('abort', wakeOnCancel);
    }
    if (this.#failure instanceof Refusal) throw toServerError(this.#failure, context);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #read(messages: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    try {
      for await (const message of messages) {
        for (const request of this.#admission.requestsOf(message)) {
          if (this.#isEnded) return;
          const wait = this.#submit(request);
          if (wait !== undefined) await wait;
          while (this.#isWindowFull && !signal.aborted) {
            await new Promise<void>((resolve) => {
              this.#wakeReader = resolve;
            });
          }
          if (signal.aborted) return;
        }
      }
    } catch (error) {
      if (!isAbortError(error)) this.#failure = error;
    } finally {
      this.#isReadingDone = true;
      this.#wakeWriter?.();
    }
  }

  get #isWindowFull(): boolean {
    if (this.#waiting >= this.#bounds.windowBatchesMax || this.#acks.sizeBytes >= ACKS_WAITING_SIZE_BYTES_MAX)
      return true;
    // Whoever has read all of his is not kept waiting by those who have not.
    return this.#heldSizeBytes > 0 && this.#receiver.acksHeldSizeBytes >= ACKS_HELD_SIZE_BYTES_MAX;
  }

  #hold(sizeBytes: number): void {
    this.#receiver.acksHeldSizeBytes += sizeBytes - this.#heldSizeBytes;
    this.#heldSizeBytes = sizeBytes;
  }

  #submit(request: Uint8Array): Promise<void> | undefined {
    const index = this.#nextIndex++;
    this.#waiting++;
    return this.#receiver.submit(
      request,
      (ack: AckFacts) => {
        if (this.#isOver) return;
        this.#acks.add(ack, index, this.#blacklistVersion());
        this.#hold(this.#acks.sizeBytes + this.#sendingSizeBytes);
        this.#wakeWriter?.();
      },
      this.#caller,
    );
  }
}
