import { batchCases } from './batch-cases.ts';
import { blacklistCases } from './blacklist-cases.ts';
import { fullCases } from './full-cases.ts';
import type { GoldenCase } from './golden-case.ts';
import { ackCases, publishCases } from './publish-cases.ts';
import { statusCases } from './status-cases.ts';

/** All golden files that the code of today knows how to make. */
export function allCases(): GoldenCase[] {
  return [...batchCases(), ...publishCases(), ...ackCases(), ...blacklistCases(), ...statusCases(), ...fullCases()];
}
