import type { Channel as GrpcJsChannel } from '@grpc/grpc-js';
import { createClient, Metadata } from 'nice-grpc';
import { ChannelError } from '../errors.ts';
import { publishCallsOpenMax } from '../limits.ts';
import type { SealedBatch } from '../seal-batch.ts';
import type { Ack } from '../wire/decode-acks.ts';
import { encodePublishRequest } from '../wire/encode-publish-request.ts';
import { toPublishAnswer } from './grpc-error.ts';
import { rawPublishService } from './publish-methods.ts';

/** What calls are made with. */
export interface PublishCallsOptions {
  readonly grpc: GrpcJsChannel;
  readonly address: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Breaks off what has no answer. */
  readonly signal: AbortSignal;
}

/** Whom a run of calls tells. */
export interface PublishCallsListener {
  onAcks(acks: readonly Ack[]): void;
  onDrain(): void;
  /** It is over: after `end`, or by a call that failed for a reason which is not its batch's, as a stream would. */
  onEnd(error: ChannelError | undefined): void;
}

/**
 * A run of `Publish` calls over a connection to a receiver that has no `PublishStream`: a call for each batch, `publishCallsOpenMax` open at a
 * time. Answers count from 0, as the batches were added.
 */
export class PublishCalls {
  readonly #options: PublishCallsOptions;
  readonly #listener: PublishCallsListener;
  #waiting: { readonly batch: SealedBatch; readonly attempt: number }[] = [];
  #nextIndex = 0;
  #open = 0;
  #ending = false;
  #ended = false;

  constructor(options: PublishCallsOptions, listener: PublishCallsListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get congested(): boolean {
    return this.#waiting.length > 0 || this.#open >= publishCallsOpenMax;
  }

  add(batch: SealedBatch, attempt: number): void {
    this.#waiting.push({ batch, attempt });
    this.#startNext();
  }

  /** Nothing more will be added. */
  end(): void {
    this.#ending = true;
    this.#endWhenAnswered();
  }

  #startNext(): void {
    const next = this.#open < publishCallsOpenMax && !this.#ended ? this.#waiting.shift() : undefined;
    if (next !== undefined) {
      const { encoding, bytes } = next.batch;
      this.#open += 1;
      void this.#publish(this.#nextIndex++, encodePublishRequest(encoding, bytes, next.attempt));
    }
  }

  async #publish(requestIndex: number, request: Uint8Array): Promise<void> {
    const answer = await this.#answerOf(request);
    const wasCongested = this.congested;
    this.#open -= 1;
    if (this.#ended) {
      return;
    }
    if (answer instanceof ChannelError) {
      this.#end(answer);
      return;
    }
    this.#startNext();
    this.#listener.onAcks([{ ...answer, requestIndex }]);
    if (wasCongested && !this.congested) {
      this.#listener.onDrain();
    }
    this.#endWhenAnswered();
  }

  /** Never rejects. */
  async #answerOf(request: Uint8Array): Promise<Ack | ChannelError> {
    const { grpc, address, metadata, signal } = this.#options;
    let trailer: Metadata | undefined;
    try {
      const [ack] = await createClient(rawPublishService, grpc).publish(request, {
        signal,
        metadata: Metadata(metadata),
        onTrailer: (received) => {
          trailer = received;
        },
      });
      return ack ?? new ChannelError(`${address}: an answer without an acknowledgement`, { kind: 'retryable' });
    } catch (error) {
      return toPublishAnswer(error, address, trailer);
    }
  }

  #endWhenAnswered(): void {
    if (this.#ending && this.#open === 0 && this.#waiting.length === 0) {
      this.#end(undefined);
    }
  }

  #end(error: ChannelError | undefined): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#waiting = [];
      this.#listener.onEnd(error);
    }
  }
}
