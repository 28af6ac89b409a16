import type { TelemetryStats } from '@telemetry/client';
import { expect } from 'vitest';

/** Every event is somewhere. */
export function expectBalance(stats: TelemetryStats): void {
  expect(stats.acknowledged + stats.dropped + stats.pending).toBe(stats.highestSeq);
}
