import { expect, it } from 'vitest';
import { FairTurns } from '../../../collector/src/spool/fair-turns.ts';

/** A clock that reads what it is set to, and a process whose other work takes `othersMs` between two turns. */
function busyProcess(othersMs: number) {
  let nowMs = 0;
  let isAway = false;
  const turns = new FairTurns(() => {
    // Read for the second time in a row, it is after the others' turn.
    if (isAway) nowMs += othersMs;
    isAway = false;
    return nowMs;
  });
  return {
    /** Works for so long, then asks; says how long the others were let. */
    async work(pieceMs: number): Promise<number> {
      nowMs += pieceMs;
      const beforeMs = nowMs;
      const next = turns.next();
      isAway = true;
      await next;
      isAway = false;
      return nowMs - beforeMs;
    },
  };
}

it('works for 2 ms and lets others then', async () => {
  const busy = busyProcess(1);
  expect(await busy.work(1.9)).toBe(0);
  expect(await busy.work(0.1)).toBe(1);
  expect(await busy.work(1.9)).toBe(0);
  expect(await busy.work(0.1)).toBe(1);
});

it('takes a fourth of what the others took, and no more', async () => {
  const busy = busyProcess(40);
  expect(await busy.work(2)).toBe(40);
  expect(await busy.work(9.9)).toBe(0);
  expect(await busy.work(0.1)).toBe(40);
  expect(await busy.work(10)).toBe(40);
});

it('gets done in a busy process in a bounded number of turns', async () => {
  const busy = busyProcess(40);
  let turns = 0;
  // 100 ms of work in pieces of 1 ms: one turn of 2 ms, the others of 10.
  for (let piece = 0; piece < 100; piece++) if ((await busy.work(1)) > 0) turns++;
  expect(turns).toBe(10);
});
