import { expect, test } from 'vitest';
import { defaultRetryPolicy } from '../../client/src/retry-decision.ts';
import { type SealedBatch, sealBytes } from '../../client/src/seal-batch.ts';
import type { Upload } from '../../client/src/upload.ts';
import { Uploader } from '../../client/src/uploader.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';
import { SilentChannel } from '../client/support/silent-channel.ts';

const retry = { ...defaultRetryPolicy, resumeBatchesPerSecond: 1 };
const options = { windowBatches: 16, ackTimeoutMs: 60_000, lingerMs: 1_000, retry };

/** Batches sent at the pace of one who comes back, when a second file is read so long after the first was sent. */
async function sentAtOnce(hasMore: boolean): Promise<number> {
  const batch = sealBytes(new Uint8Array(10), 1);
  const uploadsOf = (count: number): Upload<SealedBatch>[] =>
    Array.from({ length: count }, () => ({ batch, attempts: 0, uncertain: false }));
  let uploads = uploadsOf(1);
  const owner = { hasMore, next: () => uploads.shift(), onSettled: () => {}, onError: () => {} };
  const platform = new ManualPlatform();
  const channel = new SilentChannel();
  const uploader = new Uploader(channel, owner, options, platform);
  uploader.beginSlowly();
  uploader.wake();
  // The pace lets a second one go after a second, and there is none to send.
  await platform.advance(1_500);
  expect(channel.calls).toStrictEqual(['connect', 'send 1']);
  uploads = uploadsOf(10);
  uploader.wake();
  await platform.advance(1);
  uploader.close();
  return channel.calls.filter((call) => call === 'send 1').length - 1;
}

test('the pace of one who comes back lasts while more is being read, and ends when there is nothing more', async () => {
  expect(await sentAtOnce(true)).toBe(1);
  expect(await sentAtOnce(false)).toBe(10);
});
