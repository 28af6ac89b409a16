import { createBatchClaim } from './batch-claim.ts';
import { createCollector } from './collector.ts';

/** Several collectors on one warehouse: who they are, and which batch is whose to load. */
export const statements: readonly string[] = [createCollector, createBatchClaim];
