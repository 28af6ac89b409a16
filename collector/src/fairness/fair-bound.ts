import { mayTakeMore } from './may-take-more.ts';
import { ShareBook } from './share-book.ts';

/** A bound that is shared fairly among those who hold something of what it bounds. */
export class FairBound {
  readonly #book = new ShareBook();
  readonly #bound: number;
  readonly #knownSharers: () => number;

  /** @param knownSharers among how many it is shared at least, also while only one holds something */
  constructor(bound: number, knownSharers: () => number) {
    this.#bound = bound;
    this.#knownSharers = knownSharers;
  }

  /** Takes some; returns how to give it back, or undefined when `holder` has its share. */
  enter(holder: string, amount: number): (() => void) | undefined {
    const sharers = Math.max(this.#knownSharers(), this.#book.holdersWith(holder));
    const shared = { heldByOne: this.#book.heldBy(holder), heldByAll: this.#book.total, bound: this.#bound, sharers };
    if (!mayTakeMore(shared)) return undefined;
    this.#book.add(holder, amount);
    let isGivenBack = false;
    return () => {
      if (!isGivenBack) this.#book.add(holder, -amount);
      isGivenBack = true;
    };
  }
}
