import { createServer } from 'node:net';
import { createClient } from '@clickhouse/client';
import { ErrorReason } from '@telemetry/gen';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as limits from '../../collector/src/limits.ts';
import { LedgerRecall } from '../../collector/src/service/ledger-recall.ts';
import { PauseWatch } from '../../collector/src/service/pause-watch.ts';
import { RetryDelay } from '../../collector/src/service/retry-delay.ts';
import { reserveSizeBytes } from '../../collector/src/spool/expect-room.ts';

describe('the wait that a refused client is told', () => {
  const { RETRY_DELAY_MS_MIN: min, RETRY_DELAY_MS_MAX: max } = limits;
  const [least, most] = [() => 0, () => 1 - Number.EPSILON].map((random) => new RetryDelay(min, max, random));

  it.each([
    ['below none', -1, min],
    ['none', 0, min],
    ['half', 0.5, (min + max) / 2],
    ['full', 1, max],
    ['above full', 2, max],
  ])('at a load of %s lies from half of it up to it', (_, load, baseMs) => {
    expect(least?.next(load)).toBe(Math.round(baseMs / 2));
    expect(most?.next(load)).toBe(Math.round(baseMs));
  });
});

describe('the room that the spool leaves', () => {
  const turn = limits.DISK_RESERVE_SIZE_BYTES_MAX / limits.DISK_RESERVE_SHARE;

  it.each([
    ['below', turn - 80, limits.DISK_RESERVE_SIZE_BYTES_MAX - 10],
    ['at', turn, limits.DISK_RESERVE_SIZE_BYTES_MAX],
    ['above', turn + 80, limits.DISK_RESERVE_SIZE_BYTES_MAX],
  ])('on a disk %s the size where the share is the maximum', (_, diskSizeBytes, reserve) => {
    expect(reserveSizeBytes(diskSizeBytes)).toBe(reserve);
  });

  it('holds what a full segment of the smallest batches has to note', () => {
    expect(limits.DISK_RESERVE_SIZE_BYTES_MAX).toBeGreaterThan((limits.SEGMENT_SIZE_BYTES_MAX * 26) / 170);
  });
});

describe('times of the careful path', () => {
  it.each([1, 3_000, limits.LOAD_TIMEOUT_MS])(
    'a fresh load is announced before the grace is over, at %i ms',
    (loadTimeoutMs) => {
      const announced = limits.freshLoadAgeMsMax(loadTimeoutMs) + limits.announceTimeoutMs(loadTimeoutMs);
      expect(announced).toBeLessThanOrEqual(limits.carefulGraceMs(loadTimeoutMs));
    },
  );
});

describe('a pause', () => {
  const watch = (pauseMsMax: number) => new PauseWatch({ pauseMsMax, suspectMs: limits.PAUSE_SUSPECT_MS }, 0);

  it('below and at the bound is none; above it what is read is suspect for its time, and no longer', () => {
    const pauseMs = limits.pauseMsMax(limits.LOAD_TIMEOUT_MS);
    expect(pauseMs).toBeGreaterThan(2 * limits.PAUSE_TICK_MS);
    for (const gapMs of [pauseMs - 1, pauseMs]) expect(watch(pauseMs).isSuspect(gapMs)).toBe(false);
    const paused = watch(pauseMs);
    const nowMs = pauseMs + 1;
    paused.tick(nowMs);
    expect(paused.isSuspect(nowMs)).toBe(true);
    const endMs = nowMs + limits.PAUSE_SUSPECT_MS;
    for (let atMs = nowMs; atMs < endMs; atMs += limits.PAUSE_TICK_MS) paused.tick(atMs);
    expect(paused.isSuspect(endMs - 1)).toBe(true);
    expect(paused.isSuspect(endMs)).toBe(false);
  });
});

it('the ledger is asked for so many batches at a time, and one more is told to come back', async () => {
  // Takes questions and answers none.
  const silent = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const client = createClient({ url: `http://127.0.0.1:${port}`, request_timeout: 60_000, log: { level: 127 } });
  onTestFinished(async () => {
    silent.close();
    await client.close();
  });
  const recall = new LedgerRecall(client, new RetryDelay(500, 1_000, () => 0));
  const entry = { producerId: new Uint8Array(16), sequence: [1, 1], digest: new Uint8Array(20) };
  const reasons: ErrorReason[] = [];
  const ask = () =>
    recall.wasTaken(entry).then(
      () => {
        throw new Error('nobody answers');
      },
      (refusal: { reason: ErrorReason }) => void reasons.push(refusal.reason),
    );
  const asked = Array.from({ length: limits.RECALLS_AT_ONCE_MAX }, ask);
  await ask();
  expect(reasons).toEqual([ErrorReason.OVERLOADED]);
  await client.close();
  silent.close();
  await Promise.all(asked);
  expect(reasons.filter((reason) => reason === ErrorReason.STORAGE_UNAVAILABLE)).toHaveLength(asked.length);
  // There is room again.
  await ask();
  expect(reasons.at(-1)).toBe(ErrorReason.STORAGE_UNAVAILABLE);
});
