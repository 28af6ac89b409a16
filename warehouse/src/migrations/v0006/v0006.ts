import { createIntakeProbe } from './intake-probe.ts';
import { dropLedgerView, widenLedger } from './ledger-first.ts';
import { createRejected } from './rejected.ts';
import { createSegmentLoad } from './segment-load.ts';

/** Loads that are announced in the ledger, and batches that are turned away one by one. */
export const statements: readonly string[] = [
  dropLedgerView,
  widenLedger,
  createSegmentLoad,
  createRejected,
  createIntakeProbe,
];
