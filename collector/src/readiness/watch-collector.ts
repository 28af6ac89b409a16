import { READINESS_INTERVAL_MS, SPOOL_NEARLY_FULL_SHARE } from '../limits.ts';
import type { Loader } from '../load/loader.ts';
import type { Receiver } from '../service/receiver.ts';
import type { SpoolPair } from '../spool/spool-pair.ts';
import type { DiskState } from './disk-state.ts';
import type { Readiness } from './readiness.ts';
import { ReadinessWatch } from './readiness-watch.ts';

/** What is watched. */
export interface WatchedParts {
  readonly receiver: Receiver;
  readonly spool: SpoolPair;
  readonly loader: Loader;
  readonly disk: DiskState;
  /** Milliseconds by a clock that never steps. */
  readonly steadyClock: () => number;
  readonly spoolSizeBytesMax: number;
  readonly loaderLagMsMax: number;
  /** Told the first judgement, and each that differs from the one before. */
  readonly onChange: (readiness: Readiness) => void;
}

/** Watches whether a collector takes batches. */
export function watchCollector(parts: WatchedParts): ReadinessWatch {
  const { receiver, spool, loader, disk, steadyClock, spoolSizeBytesMax } = parts;
  const facts = () => {
    const oldestMs = loader.oldestMs;
    return {
      isStopping: receiver.stopping.aborted,
      spoolSizeBytes: spool.sizeBytes,
      spoolSizeBytesMax,
      loaderLagMs: oldestMs === undefined ? 0 : steadyClock() - oldestMs,
      diskError: disk.error,
    };
  };
  const bounds = { spoolFullShare: SPOOL_NEARLY_FULL_SHARE, loaderLagMsMax: parts.loaderLagMsMax };
  return new ReadinessWatch(facts, bounds, disk, parts.onChange, READINESS_INTERVAL_MS);
}
