import { writeNotice } from './write-line.ts';

/** What was compared differs. */
export const EXIT_DIFFERENT = 1;
/** Nothing is known: wrong use, or nobody answers. */
export const EXIT_UNKNOWN = 2;
/** As shells count an end by SIGINT. */
const EXIT_INTERRUPTED = 130;

/** Runs what may be stopped by Ctrl-C, and says why nothing is known when it is, or fails. */
export async function runInterruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error('stopped'));
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    await work(stop.signal);
  } catch (error) {
    const isStopped = stop.signal.aborted;
    const message = error instanceof Error ? error.message : String(error);
    writeNotice(isStopped ? 'telemetry: stopped before the end; nothing is known.' : `telemetry: ${message}`);
    process.exitCode = isStopped ? EXIT_INTERRUPTED : EXIT_UNKNOWN;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
