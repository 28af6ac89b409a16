import type { EventExtras, PerformanceTimer } from './api.ts';

/**
 * Starts a timer.
 *
 * @param log logs the time once, with the extras of start and stop put together.
 */
export function performanceTimer(
  monotonicMs: () => number,
  startExtras: EventExtras,
  log: (elapsedMs: number, extras: EventExtras) => void,
): PerformanceTimer {
  const startMs = monotonicMs();
  let stoppedMs: number | undefined;
  const stop = (extras: EventExtras = {}): void => {
    if (stoppedMs === undefined) {
      stoppedMs = monotonicMs();
      log(stoppedMs - startMs, together(startExtras, extras));
    }
  };
  return {
    get elapsedMs() {
      return (stoppedMs ?? monotonicMs()) - startMs;
    },
    stop,
    cancel() {
      stoppedMs ??= monotonicMs();
    },
    [Symbol.dispose]: () => stop(),
  };
}

function together(start: EventExtras, stop: EventExtras): EventExtras {
  return {
    ...start,
    ...stop,
    properties: merge(start.properties, stop.properties),
    measurements: merge(start.measurements, stop.measurements),
  };
}

function merge<Values extends object>(start: Values | undefined, stop: Values | undefined): Values | undefined {
  return start === undefined || stop === undefined ? (start ?? stop) : { ...start, ...stop };
}
