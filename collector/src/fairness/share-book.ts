/** Who holds how much of something. Those who hold nothing take no room. */
export class ShareBook {
  readonly #held = new Map<string, number>();
  #total = 0;

  /** What all hold together. */
  get total(): number {
    return this.#total;
  }

  /** What one holds. */
  heldBy(holder: string): number {
    return this.#held.get(holder) ?? 0;
  }

  /** How many hold something, with `holder` as one of them. */
  holdersWith(holder: string): number {
    return this.#held.size + (this.#held.has(holder) ? 0 : 1);
  }

  /** Enters that one holds more, or with a negative amount less. */
  add(holder: string, amount: number): void {
    this.#total += amount;
    const held = this.heldBy(holder) + amount;
    if (held === 0) this.#held.delete(holder);
    else this.#held.set(holder, held);
  }
}
