import { keepaliveBytesMax } from '../limits.ts';
import type { CallTarget } from './post-call.ts';

/** Sends a body in a way that needs no page. */
export type Beacon = (target: CallTarget, body: Uint8Array<ArrayBuffer>) => void;

/**
 * The requests of a page that are to outlive it. Browsers bound the bodies of all of them together, and refuse a request that goes beyond; it is
 * sent as any other then, and ends with the page.
 */
export class OutlivingRequests {
  /** Where each goes, until a beacon has taken it. */
  readonly #open = new Map<Uint8Array<ArrayBuffer>, CallTarget | undefined>();
  #beacon: Beacon | undefined;

  /** Takes room for a body until `leave`; false: there is none. */
  enter(target: CallTarget, body: Uint8Array<ArrayBuffer>): boolean {
    let sizeBytes = body.length;
    for (const open of this.#open.keys()) sizeBytes += open.length;
    if (sizeBytes > keepaliveBytesMax) {
      return false;
    }
    this.#open.set(body, target);
    this.sendBy(this.#beacon);
    return true;
  }

  /** The request of a body has ended, if it had room. */
  leave(body: Uint8Array<ArrayBuffer>): void {
    this.#open.delete(body);
  }

  /** Sends what is open, and what comes from now on, by beacons too, each once; undefined: no more. */
  sendBy(beacon?: Beacon): void {
    this.#beacon = beacon;
    for (const [body, target] of this.#open) {
      if (beacon && target) {
        this.#open.set(body, undefined);
        beacon(target, body);
      }
    }
  }
}

/** One for all channels: the bound is the page's. */
export const outlivingRequests = new OutlivingRequests();
