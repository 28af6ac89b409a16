import type { ChannelError } from './errors.ts';
import type { SealedBatch } from './seal-batch.ts';
import type { Ack } from './wire/decode-acks.ts';

/** A batch on its way. */
export interface Upload<Batch extends SealedBatch> {
  readonly batch: Batch;
  /** How often it was sent so far. */
  attempts: number;
  /** Whether an attempt ended without an answer: a collector may have the batch, so its bytes must stay as they are. */
  uncertain: boolean;
}

/** How a batch ended: the collector has it (or had it before), it must be made smaller, or it is refused for good. */
export type Settlement = 'taken' | 'tooLarge' | 'rejected';

/** What an uploader takes from and gives back to its owner. None of it may throw. */
export interface UploadOwner<Batch extends SealedBatch> {
  /** The next batch to send, if there is one. Once taken, the batch is the uploader's until it is settled. */
  next(): Upload<Batch> | undefined;
  /** Whether there is more where `next` gives nothing: it is still being read. Default: no. */
  readonly hasMore?: boolean;
  /** A batch has ended. */
  onSettled(upload: Upload<Batch>, settlement: Settlement, ack: Ack): void;
  /** A connection could not be made, or broke; the uploader goes on by itself. */
  onError(error: ChannelError): void;
}

/** Batches that were sent and have no acknowledgement yet, in the order in which they were sent. */
export class InFlightWindow<Batch extends SealedBatch> {
  readonly #entries = new Map<number, { readonly upload: Upload<Batch>; readonly sentMs: number }>();
  #nextIndex = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** When the oldest was sent. */
  get oldestSentMs(): number | undefined {
    return this.#entries.values().next().value?.sentMs;
  }

  add(upload: Upload<Batch>, sentMs: number): void {
    this.#entries.set(this.#nextIndex++, { upload, sentMs });
  }

  /** Takes out what an acknowledgement answers; nothing when it answers nothing, or for the second time. */
  take(requestIndex: number): Upload<Batch> | undefined {
    const entry = this.#entries.get(requestIndex);
    if (entry !== undefined) {
      this.#entries.delete(requestIndex);
    }
    return entry?.upload;
  }

  /** All were sent once more, and nobody has read what was sent before. */
  sentAgain(): void {
    for (const { upload } of this.#entries.values()) {
      upload.attempts += 1;
    }
  }

  /** Takes out all, whose fate is not known then, and begins to count anew: for the next connection. */
  reset(): Upload<Batch>[] {
    const uploads = Array.from(this.#entries.values(), ({ upload }) => upload);
    for (const upload of uploads) {
      upload.uncertain = true;
    }
    this.#entries.clear();
    this.#nextIndex = 0;
    return uploads;
  }
}
