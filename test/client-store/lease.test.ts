import { describe, expect, test } from 'vitest';
import { lockBeatMs, lockTrustMs } from '../../client/src/limits.ts';
import { UploaderLease } from '../../client/src/store/uploader-lease.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';
import { memoryTools } from './support/memory-tools.ts';

describe('the holder of the right to send', () => {
  /** One that has it, whose signs of life are the test's. */
  async function holder(platform: ManualPlatform, beat: () => Promise<boolean>): Promise<UploaderLease> {
    const { backend } = memoryTools(platform, { tryLock: async () => ({ beat, release: async () => {} }) });
    const unexpected = (): never => {
      throw new Error('it has lost the lock, or failed');
    };
    const listener = { onGained: () => {}, onLost: unexpected, onFailure: unexpected };
    const lease = new UploaderLease('uploader-main', backend, platform, listener);
    lease.start();
    await platform.advance(0);
    expect(lease.isHeld).toBe(true);
    return lease;
  }

  test('shows that it lives at each beat, and not before', async () => {
    const platform = new ManualPlatform();
    let beats = 0;
    await holder(platform, async () => {
      beats += 1;
      return true;
    });
    for (const beat of [1, 2, 3]) {
      await platform.advance(lockBeatMs - 1);
      expect(beats).toBe(beat - 1);
      await platform.advance(1);
      expect(beats).toBe(beat);
    }
  });

  test('trusts that it still has it below its time, and not from then on, while the disk says nothing', async () => {
    const platform = new ManualPlatform();
    const lease = await holder(platform, () => new Promise(() => {}));
    await platform.advance(lockTrustMs - 1);
    expect(lease.isHeld).toBe(true);
    await platform.advance(1);
    expect(lease.isHeld).toBe(false);
    await platform.advance(1);
    expect(lease.isHeld).toBe(false);
  });
});
