import { describe, expect, it } from 'vitest';
import { GATHER_BOUNDS } from '../../../collector/src/limits.ts';
import { GatherRule } from '../../../collector/src/service/gather-rule.ts';

const { holdMs, batchesMin, windowMs, windowsHeldMax, busyShareMax, hurryRatio, pauseMs } = GATHER_BOUNDS;
/** As many as a wait must bring, over a window. */
const dense = (batchesMin * windowMs) / holdMs;

/** Lets windows pass, one after the other, in each of which so many batches come. */
class Windows {
  readonly #rule = new GatherRule(GATHER_BOUNDS, 0, 0);
  #nowMs = 0;
  #busyMs = 0;

  /** Whether there are waits in the window after it. */
  pass(batches: number, busyShare = 0): boolean {
    this.#rule.note(batches, this.#nowMs, () => this.#busyMs);
    this.#nowMs += windowMs;
    this.#busyMs += windowMs * busyShare;
    // The first batch of the next window ends this one; it counts there.
    this.#rule.note(0, this.#nowMs, () => this.#busyMs);
    return this.#rule.holds;
  }
}

describe('batches gather', () => {
  it.each([
    ['below the bound', dense - 1, false],
    ['at the bound', dense, true],
    ['above the bound', dense + 1, true],
  ])('when they come densely: %s', (_name, batches, holds) => {
    expect(new Windows().pass(batches)).toBe(holds);
  });

  it.each([
    ['below the bound', busyShareMax - 0.01, true],
    ['at the bound', busyShareMax, true],
    ['above the bound', busyShareMax + 0.01, false],
  ])('when the process has time: %s', (_name, busyShare, holds) => {
    expect(new Windows().pass(dense, busyShare)).toBe(holds);
  });

  it('not before a window is over', () => {
    const rule = new GatherRule(GATHER_BOUNDS, 0, 0);
    rule.note(dense, 0, () => 0);
    rule.note(dense, windowMs - 1, () => 0);
    expect(rule.holds).toBe(false);
    rule.note(dense, windowMs, () => 0);
    expect(rule.holds).toBe(true);
  });

  it('no longer when they come thinly', () => {
    const windows = new Windows();
    expect(windows.pass(dense)).toBe(true);
    expect(windows.pass(dense - 1)).toBe(false);
    expect(windows.pass(dense)).toBe(true);
  });

  it('for so many windows, then there is one without waits', () => {
    const windows = new Windows();
    const held = Array.from({ length: 2 * (windowsHeldMax + 1) }, () => windows.pass(dense));
    expect(held).toEqual([
      ...Array.from({ length: windowsHeldMax }, () => true),
      false,
      ...Array.from({ length: windowsHeldMax }, () => true),
      false,
    ]);
  });

  it.each([
    ['below the bound', -1, true],
    ['at the bound', 0, false],
    ['above the bound', 1, false],
  ])('not for those who wait for acknowledgements: as many times more come without, %s', (_name, more, holds) => {
    const windows = new Windows();
    expect(windows.pass(hurryRatio * dense + more)).toBe(true);
    expect(windows.pass(dense)).toBe(holds);
  });

  it('again when those were left alone for a while', () => {
    const windows = new Windows();
    windows.pass(hurryRatio * dense);
    for (let passedMs = 0; passedMs < pauseMs; passedMs += windowMs) expect(windows.pass(dense)).toBe(false);
    expect(windows.pass(dense)).toBe(true);
  });
});
