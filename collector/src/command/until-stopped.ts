/**
 * Resolves at the first SIGINT or SIGTERM, or, when the process belongs to a supervisor, at the end of standard input, which comes
 * when the supervisor is gone, however it went.
 */
export function untilStopped(stopWithParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      // An open input would keep the process alive after its work is done.
      process.stdin.destroy();
      resolve();
    };
    // Not `once`: a signal that comes again must not end the process in the middle of stopping.
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    if (stopWithParent) {
      process.stdin.once('end', stop);
      process.stdin.once('error', stop);
      process.stdin.resume();
    }
  });
}

/** Signals that come so soon after the first are the same: npm passes on the Ctrl-C that the terminal has sent to all. */
const SAME_SIGNAL_MS = 1_000;

/** Calls back at the next signal of somebody who does not want to wait. Returns how to stop listening. */
export function onImpatience(callback: () => void): () => void {
  const sinceMs = performance.now();
  const listener = () => {
    if (performance.now() - sinceMs > SAME_SIGNAL_MS) callback();
  };
  process.on('SIGINT', listener);
  return () => process.off('SIGINT', listener);
}
