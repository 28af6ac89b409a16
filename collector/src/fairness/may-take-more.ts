import { FAIR_SHARE_FACTOR } from '../limits.ts';

/** Something bounded that several share: bytes of the spool, open calls. */
export interface Shared {
  /** What the one who asks has of it. */
  readonly heldByOne: number;
  /** What all have of it, the one who asks included. */
  readonly heldByAll: number;
  readonly bound: number;
  /** Among how many it is shared; for one alone there is no share but the whole. */
  readonly sharers: number;
}

/**
 * Whether one may take more of what several share: while it has less than `FAIR_SHARE_FACTOR` times what is free (the dynamic threshold of
 * Choudhury and Hahne, 1998). So what is scarce is never all taken by those who take the most, and somebody who has little finds room,
 * whoever came before, and nothing needs to be known of what each will want.
 */
export function mayTakeMore({ heldByOne, heldByAll, bound, sharers }: Shared): boolean {
  if (heldByAll >= bound) return false;
  return sharers <= 1 || heldByOne < FAIR_SHARE_FACTOR * (bound - heldByAll);
}
