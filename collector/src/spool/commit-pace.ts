/** A batch that came while another one was not yet on disk says, for so long, that more senders than one are at work. */
const COMPANY_MS = 100;

/**
 * When a group commit may begin: at once for a sender who is alone, since he may wait for his acknowledgement before he sends more; where several
 * send, so long after the last one began, since what comes meanwhile joins it. As `commit_delay` with `commit_siblings` in PostgreSQL.
 */
export class CommitPace {
  readonly #gatherMs: number;
  readonly #steadyClock: () => number;
  #begunMs = Number.NEGATIVE_INFINITY;
  #companyMs = Number.NEGATIVE_INFINITY;

  /**
   * @param gatherMs shortest time from the beginning of one commit to that of the next one; 0 for none
   * @param steadyClock milliseconds by a clock that never steps
   */
  constructor(gatherMs: number, steadyClock: () => number) {
    this.#gatherMs = gatherMs;
    this.#steadyClock = steadyClock;
  }

  /** To be called for a batch that comes while another waits, or is being written. */
  noteCompany(): void {
    this.#companyMs = this.#steadyClock();
  }

  /** To be called when a commit begins. */
  noteBegun(): void {
    this.#begunMs = this.#steadyClock();
  }

  /** Milliseconds until the next commit may begin; 0 when it may now. */
  get waitMs(): number {
    const nowMs = this.#steadyClock();
    if (nowMs - this.#companyMs > COMPANY_MS) return 0;
    return Math.max(0, this.#begunMs + this.#gatherMs - nowMs);
  }
}
