import { type DropReason, type ErrorReason, Outcome } from '@telemetry/gen';
import { PRODUCTS_COUNTED_MAX } from '../limits.ts';
import type { ProductEvents } from '../spool/product-events.ts';

/**
 * What became of the events of one product, in plain numbers. It must balance at any moment:
 *
 *   received = accepted + duplicate + rejected + dropped + deferred + those whose acknowledgement is pending
 *   accepted + recovered = stored + quarantined + those that are spooled
 *
 * The two sides are counted at different places, so that a fault shows: `received` where a batch is read, the others where it is
 * acknowledged; `stored` and `quarantined` from the records of the segment's file when it is retired.
 */
export interface ProductAccount {
  readonly name: string;
  /** Read, whatever became of them. Of a batch that could not be read: those before the place where it broke. */
  received: number;
  /** Acknowledged as durable. */
  accepted: number;
  /** Sent again, and not counted again. */
  duplicate: number;
  /** In batches refused for good. */
  rejected: number;
  /** In batches that were read and then refused for now. */
  deferred: number;
  /** Not taken although their batch was, by `DropReason`. */
  readonly dropped: number[];
  /** Found in the spool at start. */
  recovered: number;
  /** In the warehouse. */
  stored: number;
  /** Set aside, since the warehouse cannot read them. */
  quarantined: number;
  /** Batches by `Outcome`. */
  readonly batches: number[];
}

/** Events of an account whose acknowledgement is pending. */
export function pendingOf(account: ProductAccount): number {
  const dropped = account.dropped.reduce((sum, count) => sum + (count ?? 0), 0);
  return account.received - account.accepted - account.duplicate - account.rejected - account.deferred - dropped;
}

/** Events of an account that are in the spool. */
export function spooledOf(account: ProductAccount): number {
  return account.accepted + account.recovered - account.stored - account.quarantined;
}

/** Product of batches in which none could be read, and of records that were spooled before records named it. */
export const UNKNOWN_PRODUCT = 'unknown';
/** All products beyond the bound. */
export const OTHER_PRODUCT = 'other';

/** What the ledger needs of an acknowledgement. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly acceptedEvents: number;
  readonly droppedEvents: readonly { readonly reason: DropReason }[];
  /** Why the batch was not taken, with outcome rejected or deferred. */
  readonly refusal: { readonly reason: ErrorReason } | undefined;
}

/** The accounts of all products: a bounded number by name, the others together. */
export class EventLedger {
  /** Batches refused for good, by `ErrorReason`. */
  readonly rejectedBatches: number[] = [];
  /** Batches refused for now, by `ErrorReason`. */
  readonly deferredBatches: number[] = [];
  readonly #accounts = new Map<string, ProductAccount>();
  readonly #unknown = this.#open(UNKNOWN_PRODUCT);
  readonly #other = this.#open(OTHER_PRODUCT);
  /** Those asked for last, by a hash of the name, so that as a rule none is decoded and looked up. */
  readonly #recent: ({ name: Uint8Array; account: ProductAccount } | undefined)[] = new Array(RECENT_SLOTS).fill(
    undefined,
  );

  /** All that were opened. */
  accounts(): Iterable<ProductAccount> {
    return this.#accounts.values();
  }

  /** The account of a product; `mayOpen` is for names that were checked, so that garbage opens none. */
  accountOf(productName: Uint8Array | undefined, mayOpen: boolean): ProductAccount {
    if (productName === undefined) return this.#unknown;
    const slot = slotOf(productName);
    const recent = this.#recent[slot];
    if (recent !== undefined && isSame(productName, recent.name)) return recent.account;
    const name = Buffer.from(productName.buffer, productName.byteOffset, productName.byteLength).toString();
    let account = this.#accounts.get(name);
    if (account === undefined) {
      // Two accounts are no product's.
      const isRoom = this.#accounts.size < PRODUCTS_COUNTED_MAX + 2;
      account = mayOpen && isRoom ? this.#open(name) : this.#other;
    }
    if (mayOpen) this.#recent[slot] = { name: new Uint8Array(productName), account };
    return account;
  }

  /** Enters what became of a batch of which `events` were received. */
  settle(account: ProductAccount, events: number, ack: Settlement): void {
    increase(account.batches, ack.outcome, 1);
    if (ack.outcome === Outcome.ACCEPTED) {
      account.accepted += ack.acceptedEvents;
      for (const { reason } of ack.droppedEvents) increase(account.dropped, reason, 1);
    } else if (ack.outcome === Outcome.DUPLICATE) {
      account.duplicate += events;
    } else if (ack.outcome === Outcome.REJECTED) {
      account.rejected += events;
      if (ack.refusal !== undefined) increase(this.rejectedBatches, ack.refusal.reason, 1);
    } else {
      account.deferred += events;
      if (ack.refusal !== undefined) increase(this.deferredBatches, ack.refusal.reason, 1);
    }
  }

  /** Enters a record that was found in the spool at start. */
  recover(record: ProductEvents): void {
    this.accountOf(record.productName, true).recovered += record.eventCount;
  }

  /** Enters what has left the spool. */
  retire(records: readonly ProductEvents[], into: 'stored' | 'quarantined'): void {
    for (const record of records) this.accountOf(record.productName, true)[into] += record.eventCount;
  }

  #open(name: string): ProductAccount {
    const account: ProductAccount = {
      name,
      received: 0,
      accepted: 0,
      duplicate: 0,
      rejected: 0,
      deferred: 0,
      dropped: [],
      recovered: 0,
      stored: 0,
      quarantined: 0,
      batches: [],
    };
    this.#accounts.set(name, account);
    return account;
  }
}

function increase(counts: number[], index: DropReason | ErrorReason | Outcome, by: number): void {
  counts[index] = (counts[index] ?? 0) + by;
}

const RECENT_SLOTS = 64;

function slotOf(name: Uint8Array): number {
  const length = name.length;
  return (length * 31 + (name[0] ?? 0) * 7 + (name[length - 1] ?? 0)) % RECENT_SLOTS;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
