import { grpcChannel } from '@telemetry/client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { completePlatform } from '../../client/src/platform.ts';
import { defaultRetryPolicy } from '../../client/src/retry-decision.ts';
import { type SealedBatch, sealBatch } from '../../client/src/seal-batch.ts';
import type { Upload } from '../../client/src/upload.ts';
import { Uploader } from '../../client/src/uploader.ts';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';

test('an owner that says again and again that there may be something does not keep a stream open by that', async () => {
  const collector = await new MisbehavingCollector().start();
  onTestFinished(() => collector.kill());
  const batch = sealBatch({
    producerId: crypto.getRandomValues(new Uint8Array(16)),
    core: { product: { name: 'editor' } },
    events: [{ seq: 1, timeUnixUs: Date.now() * 1000, name: 'once' }],
  });
  const uploads: Upload<SealedBatch>[] = [{ batch, attempts: 0, uncertain: false }];
  const owner = { next: () => uploads.shift(), onSettled: () => {}, onError: () => {} };
  const options = { windowBatches: 4, ackTimeoutMs: 5_000, lingerMs: 150, retry: defaultRetryPolicy };
  const uploader = new Uploader(grpcChannel(collector.address), owner, options, completePlatform({}));
  const waking = setInterval(() => uploader.wake(), 10);
  onTestFinished(() => {
    clearInterval(waking);
    uploader.close();
  });
  await vi.waitFor(() => expect(collector.arrivals).toHaveLength(1), { timeout: 10_000 });
  await vi.waitFor(() => expect(collector.openStreams).toBe(0), { timeout: 10_000 });
  expect(uploader.connected).toBe(false);
});
