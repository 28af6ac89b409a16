import type { NumberRuns } from '../audit/number-runs.ts';

/**
 * A checksum of a set of event numbers, the same in JavaScript and in SQL, by which a run of any length costs as much as one number: as in
 * `audit/key-checksum.ts`, with a hash that is easy to have twice. The hash is `intHash64` of ClickHouse: the finaliser of MurmurHash3 over
 * the number and a constant.
 */
export function digestOfRuns(runs: NumberRuns): bigint {
  let digest = 0n;
  for (const [first, last] of runs) digest += hash(BigInt(last)) - hash(BigInt(first - 1));
  return BigInt.asIntN(64, digest);
}

/** The same in SQL, of a run; both bounds are expressions of the type UInt64. */
export function digestOfRunSql(first: string, last: string): string {
  return `toInt64(intHash64(${last}) - intHash64(toUInt64(${first} - 1)))`;
}

function hash(value: bigint): bigint {
  let mixed = value ^ 0x4cf2d2baae6da887n;
  mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 33n)) * 0xff51afd7ed558ccdn);
  mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return mixed ^ (mixed >> 33n);
}
