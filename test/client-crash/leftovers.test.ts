import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('what was told to a process that died before it could read it goes', async () => {
  const folder = temporaryFolder();
  const dead = 'd'.repeat(32);
  mkdirSync(join(folder, 'outcomes'), { recursive: true });
  writeFileSync(join(folder, 'outcomes', `${dead}-${'5'.repeat(32)}-1`), 'of an outcome');
  const telemetry = createTelemetry({ product: { name: 'leftovers' }, channel: memoryChannel(), store: { folder } });
  onTestFinished(async () => {
    await telemetry.shutdown();
  });
  await vi.waitFor(() => expect(readdirSync(join(folder, 'outcomes'))).toStrictEqual([]), { timeout: 20_000 });
});
