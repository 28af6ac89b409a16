import { resumeDoublingMs } from './limits.ts';

/**
 * How long to wait, after an outage, before the next batch of what has piled up. The rate doubles every `resumeDoublingMs`: a collector that
 * just came back is not met at once by all that a million clients have kept, and a client that logs a lot still catches up.
 *
 * @param sentBatches since the outage was over.
 * @param elapsedMs since then.
 * @param batchesPerSecond at first.
 */
export function resumeWaitMs(sentBatches: number, elapsedMs: number, batchesPerSecond: number): number {
  // The rate's integral, batchesPerSecond × doubling ÷ ln 2 × (2^(t ÷ doubling) − 1), solved for the t at which it reaches what was sent.
  const batchesPerDoubling = (batchesPerSecond * resumeDoublingMs) / 1000;
  const dueMs = resumeDoublingMs * Math.log2(1 + (sentBatches * Math.LN2) / batchesPerDoubling);
  return Math.max(0, dueMs - elapsedMs);
}
