/** Buckets grow by 2 %: a quantile is off by no more than that. */
const GROWTH = 1.02;
const SMALLEST_MS = 0.01;
/** The last bucket begins at 0.01 ms · 1.02^1000 = four million ms. */
const BUCKETS = 1_000;

/** Counts times, in memory that does not grow with their number. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  add(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.ceil(Math.log(ms / SMALLEST_MS) / Math.log(GROWTH));
    const index = Math.min(bucket, BUCKETS - 1);
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.#total++;
  }

  /** The time that this share of all did not exceed; 0 when there are none. */
  quantileMs(share: number): number {
    const rank = Math.ceil(share * this.#total);
    let below = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      below += count;
      if (below >= rank && rank > 0) return SMALLEST_MS * GROWTH ** bucket;
    }
    return 0;
  }
}
