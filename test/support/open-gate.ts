import type { ClickHouseClient } from '@clickhouse/client';
import { REPAIR_LEASE_LOOK_MS, readStandingLeases } from '@telemetry/warehouse';
import { LoadGate } from '../../collector/src/load/load-gate.ts';

/** The gate of loads as a collector has it. */
export function openGate(client: ClickHouseClient): LoadGate {
  const readLeases = (signal: AbortSignal) => readStandingLeases(client, signal);
  return new LoadGate({ readLeases, lookMs: REPAIR_LEASE_LOOK_MS, steadyClock: () => performance.now() });
}
