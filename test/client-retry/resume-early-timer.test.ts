import { expect, test } from 'vitest';
import { defaultRetryPolicy } from '../../client/src/retry-decision.ts';
import { type SealedBatch, sealBytes } from '../../client/src/seal-batch.ts';
import type { Upload } from '../../client/src/upload.ts';
import { Uploader } from '../../client/src/uploader.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';
import { SilentChannel } from '../client/support/silent-channel.ts';

const batchCount = 12;
const options = { windowBatches: 16, ackTimeoutMs: 1e12, lingerMs: 1_000, retry: defaultRetryPolicy };

/** Time that passes while it is read, a millisecond each time, and timers that fire early, as Node's may. */
class RestlessPlatform extends ManualPlatform {
  readonly #earlyMs: number;
  #reads = 0;

  constructor(earlyMs: number) {
    super();
    this.#earlyMs = earlyMs;
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#reads++;
  }

  override setTimer(callback: () => void, delayMs: number, keepsAlive?: boolean): { cancel(): void } {
    return super.setTimer(callback, Math.max(0, delayMs - this.#earlyMs), keepsAlive);
  }
}

/** How many of the batches that have piled up are sent within so long, with nothing else that would wake the uploader. */
async function sentWithin(durationMs: number, earlyMs: number): Promise<number> {
  const batch = sealBytes(new Uint8Array(10), 1);
  const uploads: Upload<SealedBatch>[] = Array.from({ length: batchCount }, () => ({
    batch,
    attempts: 0,
    uncertain: false,
  }));
  const owner = { next: () => uploads.shift(), onSettled: () => {}, onError: () => {} };
  const platform = new RestlessPlatform(earlyMs);
  const channel = new SilentChannel();
  const uploader = new Uploader(channel, owner, options, platform);
  uploader.beginSlowly();
  uploader.wake();
  // The connection opens.
  await platform.advance(0);
  await platform.advance(durationMs);
  uploader.close();
  return channel.calls.filter((call) => call === 'send 1').length;
}

test.each(Array.from({ length: 24 }, (_, index) => index / 4))(
  'who comes back goes on to the last batch, although the pace lets it while it looks: timers %d ms early',
  async (earlyMs) => {
    expect(await sentWithin(60_000, earlyMs)).toBe(batchCount);
  },
);
