import { setTimeout } from 'node:timers/promises';

/** Time between two looks: short against what is waited for, long against the cost of a look. */
const pauseMs = 50;

/** Looks until `look` returns something; fails with what `describe` says when the time is up. */
export async function eventually<Value>(
  look: () => Promise<Value | undefined> | Value | undefined,
  timeoutMs: number,
  describe: () => string = () => 'it did not come',
): Promise<Value> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadlineMs) throw new Error(`Not within ${timeoutMs} ms: ${describe()}`);
    await setTimeout(pauseMs);
  }
}
