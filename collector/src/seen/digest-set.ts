const CAPACITY_MIN = 1 << 12;
/** Slots are at most 5/8 full, as in the table of producers. */
const LOAD_FACTOR_NUMERATOR = 5;
const LOAD_FACTOR_DENOMINATOR = 8;

/**
 * Digests of the batches that were taken, by which a batch sent again is told from another one under the same numbers. 8 bytes a digest in
 * an open-addressing table; the digests are evenly spread, so their low bits are the hash.
 */
export class DigestSet {
  #capacity = CAPACITY_MIN;
  /** Low and high half of each; both 0: the slot is free. */
  #words = new Uint32Array(CAPACITY_MIN * 2);
  #size = 0;

  /** Number of digests. */
  get size(): number {
    return this.#size;
  }

  /** Whether the digest, the first 8 of these bytes, was added. */
  has(digest: Uint8Array): boolean {
    const slot = this.#find(lowOf(digest), highOf(digest));
    return (this.#words[slot * 2] as number) !== 0 || (this.#words[slot * 2 + 1] as number) !== 0;
  }

  /** Adds a digest, the first 8 of these bytes. */
  add(digest: Uint8Array): void {
    this.#insert(lowOf(digest), highOf(digest));
    if (this.#size * LOAD_FACTOR_DENOMINATOR > this.#capacity * LOAD_FACTOR_NUMERATOR) this.#grow();
  }

  #insert(low: number, high: number): void {
    const at = this.#find(low, high) * 2;
    if (this.#words[at] === 0 && this.#words[at + 1] === 0) this.#size++;
    this.#words[at] = low;
    this.#words[at + 1] = high;
  }

  /** The slot of a digest, or the free one where it belongs. */
  #find(low: number, high: number): number {
    const words = this.#words;
    const mask = this.#capacity - 1;
    let slot = low & mask;
    while (words[slot * 2] !== 0 || words[slot * 2 + 1] !== 0) {
      if (words[slot * 2] === low && words[slot * 2 + 1] === high) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const words = this.#words;
    this.#capacity *= 2;
    this.#words = new Uint32Array(this.#capacity * 2);
    this.#size = 0;
    for (let at = 0; at < words.length; at += 2) {
      const low = words[at] as number;
      const high = words[at + 1] as number;
      if (low !== 0 || high !== 0) this.#insert(low, high);
    }
  }
}

/** The one digest that would look like a free slot stands for its neighbour. */
function lowOf(digest: Uint8Array): number {
  const low = wordAt(digest, 0);
  return low === 0 && wordAt(digest, 4) === 0 ? 1 : low;
}

function highOf(digest: Uint8Array): number {
  return wordAt(digest, 4);
}

function wordAt(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]] as [number, number, number, number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
