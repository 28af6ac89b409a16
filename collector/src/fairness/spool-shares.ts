import { ShareBook } from './share-book.ts';

/** Who holds how much of the spool, by segments: what is in one goes with it, whatever becomes of it. */
export class SpoolShares {
  readonly #book = new ShareBook();
  readonly #bySegment = new Map<string, Map<string, number>>();

  /** Bytes of all. */
  get total(): number {
    return this.#book.total;
  }

  /** Bytes of one. */
  heldBy(holder: string): number {
    return this.#book.heldBy(holder);
  }

  /** How many hold something, with `holder` as one of them. */
  holdersWith(holder: string): number {
    return this.#book.holdersWith(holder);
  }

  /** Enters what was written to a segment. */
  enter(segmentId: string, shares: ReadonlyMap<string, number>): void {
    let segment = this.#bySegment.get(segmentId);
    if (segment === undefined) {
      segment = new Map();
      this.#bySegment.set(segmentId, segment);
    }
    for (const [holder, sizeBytes] of shares) {
      segment.set(holder, (segment.get(holder) ?? 0) + sizeBytes);
      this.#book.add(holder, sizeBytes);
    }
  }

  /** The segment is gone from the spool. */
  leave(segmentId: string): void {
    for (const [holder, sizeBytes] of this.#bySegment.get(segmentId) ?? []) this.#book.add(holder, -sizeBytes);
    this.#bySegment.delete(segmentId);
  }
}
