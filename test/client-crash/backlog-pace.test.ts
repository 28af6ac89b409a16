import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createTelemetry, type TelemetryOptions } from '@telemetry/client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { windowBatchesDefault } from '../../client/src/limits.ts';
import { resumeWaitMs } from '../../client/src/resume-pace.ts';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const files = windowBatchesDefault + 8;
const resumeBatchesPerSecond = 20;

test('what earlier processes have left on disk is sent at the pace of one who comes back', async () => {
  const collector = await new MisbehavingCollector().start();
  collector.kill();
  const folder = temporaryFolder();
  const options: TelemetryOptions = {
    product: { name: 'backlog' },
    endpoint: collector.address,
    store: { folder },
    flushIntervalMs: 5,
    retry: { initialBackoffMs: 5, maxBackoffMs: 20, resumeBatchesPerSecond },
  };
  const earlier = createTelemetry(options);
  const left = () => readdirSync(join(folder, 'channels/main')).length;
  for (let file = 1; file <= files; file++) {
    earlier.log({ name: 'left' });
    await vi.waitFor(() => expect(left()).toBe(file), { timeout: 20_000, interval: 2 });
  }
  await earlier.shutdown({ timeoutMs: 1 });

  await collector.start();
  const begunMs = performance.now();
  const next = createTelemetry(options);
  onTestFinished(async () => {
    await next.shutdown({ timeoutMs: 100 });
    collector.kill();
  });
  await vi.waitFor(() => expect(left()).toBe(0), { timeout: 60_000 });
  expect(collector.storedNumbers()).toHaveLength(files);
  for (const [index, { timeMs }] of collector.arrivals.entries()) {
    expect(timeMs - begunMs).toBeGreaterThanOrEqual(resumeWaitMs(index, 0, resumeBatchesPerSecond));
  }
});
