import { keepaliveBytesMax } from '../limits.ts';

/**
 * What a page may still send that outlives it. Browsers bound the bodies of all such requests of a page together, and refuse a request that
 * goes beyond; it is sent as any other then, and ends with the page.
 */
export class KeepaliveQuota {
  #openBytes = 0;

  /** Takes room for a body; false: there is none. */
  enter(sizeBytes: number): boolean {
    if (this.#openBytes + sizeBytes > keepaliveBytesMax) {
      return false;
    }
    this.#openBytes += sizeBytes;
    return true;
  }

  /** The request has ended. */
  leave(sizeBytes: number): void {
    this.#openBytes -= sizeBytes;
  }
}

/** One for all channels: the bound is the page's. */
export const pageQuota = new KeepaliveQuota();
