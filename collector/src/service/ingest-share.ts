import { ErrorReason } from '@telemetry/gen';
import type { Caller } from '../access/caller.ts';
import { Refusal } from '../admission/refusal.ts';
import { FairBound } from '../fairness/fair-bound.ts';
import { mayTakeMore } from '../fairness/may-take-more.ts';
import type { SpoolShares } from '../fairness/spool-shares.ts';
import { BATCHES_WAITING_SIZE_BYTES_MAX } from '../limits.ts';
import type { RetryDelay } from './retry-delay.ts';

/** What the shares of those who send are made of. */
export interface IngestShareParts {
  /** Who holds how much of the spool. */
  readonly shares: SpoolShares;
  readonly spoolSizeBytesMax: number;
  /** Ingest keys in force; 0 where nobody is asked for one. */
  readonly knownSharers: () => number;
  readonly retryDelay: RetryDelay;
}

/**
 * Keeps one who sends from taking all there is of the spool and of the room before it. One is a key; where nobody is asked for one, a product,
 * as far as these are counted by name.
 */
export class IngestShare {
  readonly #parts: IngestShareParts;
  readonly #waiting: FairBound;

  constructor(parts: IngestShareParts) {
    this.#parts = parts;
    this.#waiting = new FairBound(BATCHES_WAITING_SIZE_BYTES_MAX, parts.knownSharers);
  }

  /**
   * To whom a batch is put down.
   *
   * @param product name of its account in the ledger
   * @throws Refusal `OVERLOADED` when that one has its share of the spool
   */
  claim(caller: Caller, product: string): string {
    const { shares, spoolSizeBytesMax, knownSharers, retryDelay } = this.#parts;
    const byProduct = productHolder(product);
    const holder = caller.keyId === undefined ? byProduct : `key ${caller.keyId}`;
    // What an earlier life has left is known by product alone, and counts for each key that sends for it.
    const heldByOne = shares.heldBy(holder) + (holder === byProduct ? 0 : shares.heldBy(byProduct));
    const sharers = Math.max(knownSharers(), shares.holdersWith(holder));
    if (mayTakeMore({ heldByOne, heldByAll: shares.total, bound: spoolSizeBytesMax, sharers })) return holder;
    const message =
      'The spool holds so much of this sender that others would find no room: the warehouse is behind. Keep the batch and send it again later.';
    throw Refusal.retryable(ErrorReason.OVERLOADED, message, retryDelay.next(1));
  }

  /**
   * Enters a batch that waits for the disk. Returns how to say that it waits no more.
   *
   * @throws Refusal `OVERLOADED` when too many bytes wait
   */
  wait(holder: string, sizeBytes: number): () => void {
    const leave = this.#waiting.enter(holder, sizeBytes);
    if (leave !== undefined) return leave;
    const message = 'Too many batches of this sender wait for the disk. Keep the batch and send it again later.';
    throw Refusal.retryable(ErrorReason.OVERLOADED, message, this.#parts.retryDelay.next(0));
  }
}

/** To whom a batch is put down where nobody is asked for a key, and what an earlier life has left. */
export function productHolder(product: string): string {
  return `product ${product}`;
}
