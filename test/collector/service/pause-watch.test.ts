import { describe, expect, it } from 'vitest';
import { LOAD_TIMEOUT_MS, PAUSE_SUSPECT_MS, PAUSE_TICK_MS, pauseMsMax } from '../../../collector/src/limits.ts';
import { PauseWatch } from '../../../collector/src/service/pause-watch.ts';

const pauseMax = pauseMsMax(LOAD_TIMEOUT_MS);
const open = () => new PauseWatch({ pauseMsMax: pauseMax, suspectMs: PAUSE_SUSPECT_MS }, 1_000);

describe('a pause', () => {
  it.each([
    ['below the bound', pauseMax - 1, false],
    ['at the bound', pauseMax, false],
    ['above the bound', pauseMax + 1, true],
  ])('%s: found when something is read, and when the clock ticks', (_name, pauseMs, isPaused) => {
    const reading = open();
    expect(reading.isSuspect(1_000 + pauseMs)).toBe(isPaused);
    const ticking = open();
    ticking.tick(1_000 + pauseMs);
    expect(ticking.isSuspect(1_000 + pauseMs)).toBe(isPaused);
    const stalling = open();
    stalling.tick(1_000 + PAUSE_TICK_MS);
    stalling.stalled(pauseMs, 1_000 + PAUSE_TICK_MS);
    expect(stalling.isSuspect(1_000 + PAUSE_TICK_MS)).toBe(isPaused);
  });

  it('is suspect for so long afterwards, and no longer', () => {
    const watch = open();
    let nowMs = 1_000 + pauseMax + 1;
    watch.tick(nowMs);
    const overMs = nowMs + PAUSE_SUSPECT_MS;
    for (; nowMs < overMs; nowMs += PAUSE_TICK_MS) {
      watch.tick(nowMs);
      expect(watch.isSuspect(nowMs)).toBe(true);
    }
    watch.tick(overMs - 1);
    expect(watch.isSuspect(overMs - 1)).toBe(true);
    expect(watch.isSuspect(overMs)).toBe(false);
  });

  it('is none where the clock ticks as it should', () => {
    const watch = open();
    for (let nowMs = 1_000; nowMs < 1_000_000; nowMs += PAUSE_TICK_MS) {
      watch.tick(nowMs);
      expect(watch.isSuspect(nowMs + PAUSE_TICK_MS - 1)).toBe(false);
    }
  });

  it('is looked for often enough: many ticks in the shortest that counts', () => {
    expect(pauseMsMax(4_000)).toBeGreaterThanOrEqual(4 * PAUSE_TICK_MS);
  });
});
