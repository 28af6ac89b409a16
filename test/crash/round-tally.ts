/** What happened in a round. */
export interface RoundTally {
  /** Batches sent for the first time. */
  sent: number;
  /** Sendings of batches that had been sent before. */
  resent: number;
  /** Acknowledgements lost on purpose: the connection cut, or the acknowledgement ignored. */
  acksLost: number;
  /** Batches that a collector has acknowledged. */
  acked: number;
  /** Answers `duplicate`. */
  duplicates: number;
  /** Conflict probes that were answered as they must be. */
  probes: number;
  /** Batches given up without an acknowledgement. */
  abandoned: number;
  /** SIGKILLs by the service and whether it was ready. */
  readonly kills: Record<string, number>;
  /** Answers that the protocol does not allow. */
  readonly violations: string[];
}

/** A tally of nothing. */
export function newTally(): RoundTally {
  const counts = { sent: 0, resent: 0, acksLost: 0, acked: 0, duplicates: 0, probes: 0, abandoned: 0 };
  return { ...counts, kills: {}, violations: [] };
}
