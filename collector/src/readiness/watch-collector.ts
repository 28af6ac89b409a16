import { READINESS_INTERVAL_MS, SPOOL_NEARLY_FULL_SHARE } from '../limits.ts';
import type { Loader } from '../load/loader.ts';
import type { Receiver } from '../service/receiver.ts';
import type { Spool } from '../spool/spool.ts';
import type { DiskState } from './disk-state.ts';
import type { Readiness } from './readiness.ts';
import { ReadinessWatch } from './readiness-watch.ts';

/** What is watched. */
export interface WatchedParts {
  readonly receiver: Receiver;
  readonly spool: Spool;
  readonly loader: Loader;
  readonly disk: DiskState;
  readonly clock: () => number;
  readonly spoolSizeBytesMax: number;
  readonly loaderLagMsMax: number;
  /** Told the first judgement, and each that differs from the one before. */
  readonly onChange: (readiness: Readiness) => void;
}

/** Watches whether a collector takes batches. */
export function watchCollector(parts: WatchedParts): ReadinessWatch {
  const { receiver, spool, loader, disk, clock, spoolSizeBytesMax } = parts;
  const startedMs = clock();
  const facts = () => {
    const oldestMs = loader.oldestMs;
    return {
      isStopping: receiver.stopping.aborted,
      spoolSizeBytes: spool.sizeBytes,
      spoolSizeBytesMax,
      // What an earlier life left behind is loaded now: it does not lag yet.
      loaderLagMs: oldestMs === undefined ? 0 : clock() - Math.max(oldestMs, startedMs),
      diskError: disk.error,
    };
  };
  const bounds = { spoolFullShare: SPOOL_NEARLY_FULL_SHARE, loaderLagMsMax: parts.loaderLagMsMax };
  return new ReadinessWatch(facts, bounds, disk, parts.onChange, READINESS_INTERVAL_MS);
}
