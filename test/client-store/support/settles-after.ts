import { expect } from 'vitest';
import type { ManualPlatform } from '../../client/support/manual-platform.ts';

/** Expects that a promise settles that long from now, and not a millisecond before; 0: that it does at once. Gives the promise back. */
export async function settlesAfter<Value>(
  platform: ManualPlatform,
  waitMs: number,
  promise: Promise<Value>,
): Promise<Value> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note, note);
  // What has just begun sets its timers now, and not when time has passed.
  await platform.advance(0);
  if (waitMs > 0) {
    await platform.advance(waitMs - 1);
    expect(isSettled, `settled within ${waitMs - 1} ms`).toBe(false);
    await platform.advance(1);
  }
  expect(isSettled, `settled within ${waitMs} ms`).toBe(true);
  return promise;
}
