import { Metadata, ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { ErrorReason } from '@telemetry/gen';
import { Refusal } from '../admission/refusal.ts';
import { addDetails, statusOf } from './grpc-status.ts';
import type { RetryDelay } from './retry-delay.ts';

/** What bounds the calls of the gRPC port; see `limits.ts`. */
export interface CallBounds {
  readonly callsOpenMax: number;
  readonly requestTimeoutMs: number;
}

/** Counts open calls, and refuses those past the bound before anything of theirs is read. */
export class CallLoad {
  readonly #bounds: CallBounds;
  readonly #retryDelay: RetryDelay;
  #open = 0;

  constructor(bounds: CallBounds, retryDelay: RetryDelay) {
    this.#bounds = bounds;
    this.#retryDelay = retryDelay;
  }

  /** Open calls. */
  get open(): number {
    return this.#open;
  }

  /** For the server: sees each call first. */
  readonly interceptor: ServerInterceptor = (method, call) => {
    const isFull = this.#open >= this.#bounds.callsOpenMax;
    if (!isFull) this.#open++;
    let timer: NodeJS.Timeout | undefined;
    const intercepted = new ServerInterceptingCall(call, {
      start: (next) => {
        if (isFull) {
          // Without a listener nobody is told of the call.
          call.sendStatus(this.#refusal());
          return;
        }
        if (!method.requestStream) {
          const late = { code: status.DEADLINE_EXCEEDED, details: 'The request did not come in time.' };
          timer = setTimeout(() => call.sendStatus(late), this.#bounds.requestTimeoutMs);
        }
        next({
          onReceiveMessage: (message, nextMessage) => {
            clearTimeout(timer);
            nextMessage(message);
          },
          // However the call ends.
          onCancel: () => {
            clearTimeout(timer);
            this.#open--;
          },
        });
      },
    });
    return intercepted;
  };

  #refusal() {
    const message = 'Too many calls are open here. Come back later, or go to another collector.';
    const refusal = Refusal.retryable(ErrorReason.OVERLOADED, message, this.#retryDelay.next(1));
    const metadata = new Metadata();
    addDetails(refusal, (key, value) => metadata.set(key, Buffer.from(value)));
    return { code: statusOf(refusal.reason) as number, details: message, metadata };
  }
}
