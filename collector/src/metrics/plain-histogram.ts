/** Counts by bucket in plain numbers: cheap enough for every batch. */
export class PlainHistogram {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Observations up to each bound and above the one before; the last is for what is above all bounds. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.sum += value;
  }
}
