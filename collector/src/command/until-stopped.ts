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
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    if (stopWithParent) {
      process.stdin.once('end', stop);
      process.stdin.once('error', stop);
      process.stdin.resume();
    }
  });
}
