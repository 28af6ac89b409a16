import { setTimeout } from 'node:timers/promises';
import { LOOK_PAUSE_MS } from './limits.ts';

/** Looks until `look` says yes. Rejects when the signal is aborted, or with what `describe` says when the time is up. */
export async function lookUntil(
  look: () => boolean | Promise<boolean>,
  timeoutMs: number,
  signal: AbortSignal,
  describe: () => string,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await look())) {
    signal.throwIfAborted();
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs / 1000} s: ${describe()}`);
    await setTimeout(LOOK_PAUSE_MS);
  }
}
