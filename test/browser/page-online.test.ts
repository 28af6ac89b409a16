import { describe, expect, test, vi } from 'vitest';
import { watchPageOnline } from '../../client/src/browser/page-online.ts';
import { onlineJitterMs } from '../../client/src/limits.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';

const almostOne = 1 - Number.EPSILON;

function watched(randomValue: number) {
  const page = new EventTarget();
  const platform = new ManualPlatform();
  platform.randomValue = randomValue;
  const onOnline = vi.fn();
  const stop = watchPageOnline(page, platform, onOnline);
  return { page, platform, onOnline, stop, goOnline: () => page.dispatchEvent(new Event('online')) };
}

describe('a network that is there again', () => {
  test.each([
    ['below', onlineJitterMs - 1, 0],
    ['at', onlineJitterMs, 1],
    ['above', onlineJitterMs + 1, 1],
  ])('is told %s the longest wait, %d ms: %d times', async (_, waitMs, times) => {
    const { platform, onOnline, goOnline } = watched(almostOne);
    goOnline();
    await platform.advance(waitMs);
    expect(onOnline).toHaveBeenCalledTimes(times);
  });

  test('is told at any moment up to that, by chance', async () => {
    for (const part of [0, 0.25, 0.5]) {
      const { platform, onOnline, goOnline } = watched(part);
      goOnline();
      await platform.advance(part * onlineJitterMs - 1);
      expect(onOnline).toHaveBeenCalledTimes(0);
      await platform.advance(1);
      expect(onOnline).toHaveBeenCalledTimes(1);
    }
  });

  test('is told once, however often it comes and goes meanwhile, and again after that', async () => {
    const { platform, onOnline, goOnline } = watched(0.5);
    for (let count = 0; count < 10; count++) {
      goOnline();
      await platform.advance(onlineJitterMs / 40);
    }
    await platform.advance(onlineJitterMs);
    expect(onOnline).toHaveBeenCalledTimes(1);
    goOnline();
    await platform.advance(onlineJitterMs);
    expect(onOnline).toHaveBeenCalledTimes(2);
  });

  test('is not told any more when the client has ended, and never where there is no page', async () => {
    const { platform, onOnline, goOnline, stop } = watched(0.5);
    goOnline();
    stop();
    goOnline();
    await platform.advance(2 * onlineJitterMs);
    expect(onOnline).toHaveBeenCalledTimes(0);
    expect(() => watchPageOnline({}, platform, onOnline)()).not.toThrow();
  });
});
