import type { ChannelConnection, ConnectionListener } from '../channel.ts';
import { ChannelError, toError } from '../errors.ts';
import type { Platform } from '../platform.ts';
import type { SealedBatch } from '../seal-batch.ts';
import type { Ack } from '../wire/decode-acks.ts';
import { encodePublishRequest } from '../wire/encode-publish-request.ts';
import { outlivingRequests } from './outliving-requests.ts';
import { type CallTarget, postCall, publishMethod } from './post-call.ts';
import { readPublishAnswer } from './read-publish-answer.ts';

/** What a connection works with. */
export interface HttpConnectionOptions extends CallTarget {
  readonly requestsOpenMax: number;
  readonly platform: Platform;
}

/** A request is answered as it was sent, or not at all. */
type HttpListener = Omit<ConnectionListener, 'onSentAgain'>;

/**
 * A run of `Publish` calls over HTTP, a request for each batch. There is nothing to connect: it is open at once, and ends by the first
 * request that fails for a reason which is not its batch's, as a stream would.
 */
export class HttpConnection implements ChannelConnection {
  readonly #listener: HttpListener;
  readonly #options: HttpConnectionOptions;
  readonly #requests = new Set<AbortController>();
  #nextIndex = 0;
  #ending = false;
  #ended = false;

  constructor(listener: HttpListener, options: HttpConnectionOptions) {
    this.#listener = listener;
    this.#options = options;
    queueMicrotask(() => this.#ended || this.#ending || listener.onOpen());
  }

  get congested(): boolean {
    return this.#requests.size >= this.#options.requestsOpenMax;
  }

  send(batch: SealedBatch, attempt: number): void {
    void this.#publish(this.#nextIndex++, encodePublishRequest(batch.encoding, batch.bytes, attempt));
  }

  /** A batch leaves as soon as it is sent. */
  flush(): void {}

  end(): void {
    this.#ending = true;
    queueMicrotask(() => this.#endWhenAnswered());
  }

  abort(): void {
    queueMicrotask(() => this.#end(new ChannelError(`${this.#options.address}: given up`, { kind: 'retryable' })));
  }

  async #publish(requestIndex: number, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const request = new AbortController();
    this.#requests.add(request);
    const answer = await this.#answerOf(body, request);
    const wasCongested = this.congested;
    this.#requests.delete(request);
    if (this.#ended) {
      return;
    }
    if (answer instanceof ChannelError) {
      this.#end(answer);
      return;
    }
    this.#listener.onAcks([{ ...answer, requestIndex }]);
    if (wasCongested) {
      this.#listener.onDrain();
    }
    this.#endWhenAnswered();
  }

  /** Never rejects. */
  async #answerOf(body: Uint8Array<ArrayBuffer>, request: AbortController): Promise<Ack | ChannelError> {
    const { address, requestTimeoutMs, platform } = this.#options;
    const timer = platform.setTimer(() => request.abort(), requestTimeoutMs);
    const keepalive = outlivingRequests.enter(this.#options, body);
    try {
      const response = await postCall(this.#options, publishMethod, body, { signal: request.signal, keepalive });
      return readPublishAnswer(
        {
          status: response.status,
          headers: response.headers,
          body: new Uint8Array(await response.arrayBuffer()),
        },
        address,
      );
    } catch (cause) {
      const problem = request.signal.aborted ? `no answer within ${requestTimeoutMs} ms` : toError(cause).message;
      return new ChannelError(`${address}: ${problem}`, { kind: 'retryable', cause });
    } finally {
      timer.cancel();
      outlivingRequests.leave(body);
    }
  }

  #endWhenAnswered(): void {
    if (this.#ending && this.#requests.size === 0) {
      this.#end(undefined);
    }
  }

  #end(error: ChannelError | undefined): void {
    if (!this.#ended) {
      this.#ended = true;
      for (const request of this.#requests) {
        request.abort();
      }
      this.#listener.onEnd(error);
    }
  }
}
