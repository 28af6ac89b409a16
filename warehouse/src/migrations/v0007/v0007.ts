import { createRepair } from './repair.ts';
import { createRepairLease } from './repair-lease.ts';
import { createRepairRow } from './repair-row.ts';

/** What `telemetry audit` needs to repair: loads that wait, rows that are named, a record of what was done. */
export const statements: readonly string[] = [createRepairLease, createRepair, createRepairRow];
