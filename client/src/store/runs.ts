/** Numbers that follow one another. */
export interface Run {
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** What of a run is in none of the others. */
export function without({ firstSeq, lastSeq }: Run, others: readonly Run[]): Run[] {
  const runs: Run[] = [];
  let next = firstSeq;
  for (const other of [...others].sort((a, b) => a.firstSeq - b.firstSeq)) {
    if (other.firstSeq > next && next <= lastSeq) {
      runs.push({ firstSeq: next, lastSeq: Math.min(lastSeq, other.firstSeq - 1) });
    }
    next = Math.max(next, other.lastSeq + 1);
  }
  return next <= lastSeq ? [...runs, { firstSeq: next, lastSeq }] : runs;
}
