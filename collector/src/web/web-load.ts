import type { ConnectError } from '@connectrpc/connect';
import { ErrorReason } from '@telemetry/gen';
import { Refusal } from '../admission/refusal.ts';
import { FairBound } from '../fairness/fair-bound.ts';
import type { RetryDelay } from '../service/retry-delay.ts';
import { toConnectError } from './connect-refusal.ts';

/** Bounds what the web port does at a time. */
export interface WebLoadBounds {
  readonly requestsMax: number;
  readonly bodiesSizeBytesMax: number;
  /** Ingest keys in force, among which both are shared. */
  readonly knownSharers: () => number;
}

/** Share of the longest wait that a refused client is told: requests come and go in milliseconds. */
const RETRY_LOAD = 0.1;

/** Counts requests and the bytes of their bodies, and refuses what would go past the bounds. */
export class WebLoad {
  readonly #bounds: WebLoadBounds;
  readonly #retryDelay: RetryDelay;
  /** The same, shared among keys. */
  readonly sharedRequests: FairBound;
  readonly sharedBodies: FairBound;
  /** Requests that are being answered. */
  requests = 0;
  bodiesSizeBytes = 0;

  constructor(bounds: WebLoadBounds, retryDelay: RetryDelay) {
    this.#bounds = bounds;
    this.#retryDelay = retryDelay;
    this.sharedRequests = new FairBound(bounds.requestsMax, bounds.knownSharers);
    this.sharedBodies = new FairBound(bounds.bodiesSizeBytesMax, bounds.knownSharers);
  }

  /** Enters a request, which leaves when it is answered. */
  enter(): WebRequestLoad {
    this.requests++;
    return new WebRequestLoad(this);
  }

  /** Why nothing more can be taken now, if so. */
  refusal(): ConnectError | undefined {
    const { requestsMax, bodiesSizeBytesMax } = this.#bounds;
    if (this.requests <= requestsMax && this.bodiesSizeBytes <= bodiesSizeBytesMax) return undefined;
    return this.busy();
  }

  /** What is said to those for whom there is no room. */
  busy(): ConnectError {
    const message = 'The web port is busy. Keep the batch and send it again later.';
    return toConnectError(Refusal.retryable(ErrorReason.OVERLOADED, message, this.#retryDelay.next(RETRY_LOAD)));
  }
}

/** What one request takes. */
export class WebRequestLoad {
  readonly #all: WebLoad;
  #sizeBytes = 0;
  #hasLeft = false;
  #keyId: string | undefined;
  readonly #leaving: (() => void)[] = [];

  constructor(all: WebLoad) {
    this.#all = all;
  }

  /** Throws when the request is one too many. */
  check(): void {
    const refusal = this.#all.refusal();
    if (refusal !== undefined) throw refusal;
  }

  /** Puts the request down to a key. Throws when that one has its share. */
  claim(keyId: string): void {
    this.#keyId = keyId;
    this.#enter(this.#all.sharedRequests, 1);
  }

  /** The body, counted as it comes. Throws where there is no room for it. */
  async *count(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      if (this.#hasLeft) return;
      this.#sizeBytes += chunk.length;
      this.#all.bodiesSizeBytes += chunk.length;
      this.check();
      this.#enter(this.#all.sharedBodies, chunk.length);
      yield chunk;
    }
  }

  #enter(bound: FairBound, amount: number): void {
    if (this.#keyId === undefined || this.#hasLeft) return;
    const leave = bound.enter(this.#keyId, amount);
    if (leave === undefined) throw this.#all.busy();
    this.#leaving.push(leave);
  }

  /** The request is answered, or its client is gone. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#all.requests--;
    this.#all.bodiesSizeBytes -= this.#sizeBytes;
    for (const leave of this.#leaving) leave();
  }
}
