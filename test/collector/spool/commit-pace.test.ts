import { expect, it } from 'vitest';
import { COMMIT_GATHER_MS } from '../../../collector/src/limits.ts';
import { CommitPace } from '../../../collector/src/spool/commit-pace.ts';

function paceAt(start: number, gatherMs = COMMIT_GATHER_MS) {
  const time = { nowMs: start };
  return { time, pace: new CommitPace(gatherMs, () => time.nowMs) };
}

it('lets the first commit begin at once, and each of a sender who is alone', () => {
  const { time, pace } = paceAt(0);
  for (; time.nowMs < 20; time.nowMs++) {
    expect(pace.waitMs).toBe(0);
    pace.noteBegun();
  }
});

it('spaces commits while batches come in company: below, at and above the time to gather', () => {
  const { time, pace } = paceAt(1_000);
  pace.noteBegun();
  pace.noteCompany();
  expect(pace.waitMs).toBe(COMMIT_GATHER_MS);
  time.nowMs = 1_000 + COMMIT_GATHER_MS - 1;
  expect(pace.waitMs).toBe(1);
  time.nowMs = 1_000 + COMMIT_GATHER_MS;
  expect(pace.waitMs).toBe(0);
  time.nowMs = 1_000 + COMMIT_GATHER_MS + 1;
  expect(pace.waitMs).toBe(0);
});

it('forgets company after a tenth of a second', () => {
  const { time, pace } = paceAt(0);
  pace.noteCompany();
  for (const [nowMs, waitMs] of [
    [99, COMMIT_GATHER_MS],
    [100, COMMIT_GATHER_MS],
    [101, 0],
  ] as const) {
    time.nowMs = nowMs;
    pace.noteBegun();
    expect(pace.waitMs).toBe(waitMs);
  }
});

it('may be switched off', () => {
  const { pace } = paceAt(0, 0);
  pace.noteBegun();
  pace.noteCompany();
  expect(pace.waitMs).toBe(0);
});
