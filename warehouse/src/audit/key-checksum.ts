/**
 * Checksums of sets of event numbers that do not depend on their order, by which a run of any length costs as much as a number: each number n
 * counts as H(n) − H(n − 1), so a run from a to b as H(b) − H(a − 1). Two multisets of numbers of a producer that have the same sum are the
 * same, but for a chance of 2^-64: the difference of how often n and n + 1 occur is what H(n) is multiplied with, for every n.
 */

/** Of the number in column `seq`. */
export const numberChecksum = checksumOfRun('seq', 'seq');

/** Of a run; both bounds are expressions. */
export function checksumOfRun(first: string, last: string): string {
  return `toInt64(cityHash64(producer_id, ${last}) - cityHash64(producer_id, toUInt64(${first} - 1)))`;
}

/** The runs of a row of the ledger. */
export const ledgerRuns = 'if(empty(ranges), [(first_seq, last_seq)], ranges)';

/** Of a row of the ledger. */
export const ledgerChecksum = `arraySum(run -> ${checksumOfRun('run.1', 'run.2')}, ${ledgerRuns})`;
