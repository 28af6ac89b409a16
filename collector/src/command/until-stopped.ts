/**
 * Resolves at the first SIGINT or SIGTERM, or, when the process belongs to a supervisor, at the end of standard input, which comes
 * when the supervisor is gone, however it went.
 */
export function untilStopped(stopWithParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    if (stopWithParent) {
      process.stdin.once('end', () => resolve());
      process.stdin.once('error', () => resolve());
      process.stdin.resume();
    }
  });
}
