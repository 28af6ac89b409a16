import { createTelemetry, type StoreBackend } from '@telemetry/client';
import { expect, onTestFinished, test } from 'vitest';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The files as they are, but for some operations. */
function withOperations(files: StoreBackend, operations: Partial<StoreBackend>): StoreBackend {
  return new Proxy(files, {
    get: (target, name: keyof StoreBackend) => {
      const own = operations[name] ?? target[name];
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}

test('the file system can be put in the place of the client’s own: a write that fails loses nothing, and is told', async () => {
  const collector = await new MisbehavingCollector().start();
  onTestFinished(() => collector.kill());
  let writes = 0;
  const telemetry = createTelemetry({
    product: 'editor',
    endpoint: collector.address,
    store: {
      folder: temporaryFolder(onTestFinished),
      files: (folder) =>
        withOperations(folder, {
          write: (bytes, ...paths) =>
            writes++ === 0 ? Promise.reject(new Error('made up: no space')) : folder.write(bytes, ...paths),
        }),
    },
  });
  const problems: string[] = [];
  telemetry.on('error', ({ message }) => problems.push(message));
  telemetry.log({ name: 'kept' });
  expect(await telemetry.flush({ timeoutMs: 20_000 })).toMatchObject({ complete: true, acknowledged: 1, dropped: 0 });
  expect(writes).toBeGreaterThan(1);
  expect(problems).toStrictEqual([expect.stringContaining('made up: no space')]);
  await telemetry.shutdown();
});
