import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockSilenceMs, storePollMs } from '../../client/src/limits.ts';
import { FolderLocks } from '../../client/src/node/folder-lock.ts';
import { loadNativeLock } from '../../client/src/node/native-lock.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';
import { MisbehavingCollector } from '../client/support/misbehaving-collector.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { StoreProcess } from './support/store-process.ts';
import { storedFiles } from './support/stored-files.ts';

async function locks(
  platform = new ManualPlatform(),
): Promise<{ path: string; first: FolderLocks; second: FolderLocks }> {
  const folder = join(temporaryFolder(), 'store');
  mkdirSync(folder);
  const tryLock = await loadNativeLock();
  return {
    path: join(folder, 'uploader-main.lock'),
    first: new FolderLocks(tryLock, platform),
    second: new FolderLocks(tryLock, platform),
  };
}

test('a holder that shows no sign of life loses the lock after that long, and not before', async () => {
  const platform = new ManualPlatform();
  const { path, first, second } = await locks(platform);
  const held = await first.tryLock(path);
  expect(await second.tryLock(path)).toBeUndefined();
  for (let silentMs = 0; silentMs + storePollMs < lockSilenceMs; silentMs += storePollMs) {
    await platform.advance(storePollMs);
    expect(await second.tryLock(path), `after ${silentMs + storePollMs} ms`).toBeUndefined();
  }
  await platform.advance(storePollMs);
  const taken = await second.tryLock(path);
  expect(await taken?.beat()).toBe(true);
  // The first one wakes, and sees that it is not its lock any more; its release takes nothing from the second.
  expect(await held?.beat()).toBe(false);
  await held?.release();
  expect(await first.tryLock(path)).toBeUndefined();
  expect(await taken?.beat()).toBe(true);
  await taken?.release();
});

test('one sign of life is enough, and so is it that the other was not there to see one', async () => {
  const platform = new ManualPlatform();
  const { path, first, second } = await locks(platform);
  const held = await first.tryLock(path);
  for (let silentMs = 0; silentMs < 3 * lockSilenceMs; silentMs += storePollMs) {
    await platform.advance(storePollMs);
    if (silentMs % (lockSilenceMs / 2) === 0) {
      await held?.beat();
    }
    expect(await second.tryLock(path)).toBeUndefined();
  }
  // Both were paused, as when the machine sleeps.
  await platform.advance(10 * lockSilenceMs);
  expect(await second.tryLock(path)).toBeUndefined();
  expect(await held?.beat()).toBe(true);
  await held?.release();
});

test('a paused uploader is deposed by another process, and does no harm when it wakes', {
  timeout: 180_000,
}, async () => {
  const folder = join(temporaryFolder(), 'store');
  const collector = await new MisbehavingCollector().start();
  onTestFinished(() => collector.kill());
  const retry = { initialBackoffMs: 20, maxBackoffMs: 200 };
  const options = { endpoint: collector.address, store: { folder }, retry, flushIntervalMs: 50 };
  const paused = await StoreProcess.start(options);
  await paused.log(1);
  await paused.flush();
  const other = await StoreProcess.start(options);
  // It stands still with batches on their way, of which the collector has some, and with others behind them.
  let answers = 0;
  collector.answer = () => ({ kind: answers++ % 2 === 0 ? 'silence' : 'accept' });
  await paused.log(30_000);
  await eventually(() => (answers > 3 ? true : undefined), 10_000);
  paused.signal('SIGSTOP');
  collector.answer = () => ({ kind: 'accept' });
  await other.log(100);
  expect(await other.flush(2 * lockSilenceMs)).toMatchObject({ complete: true, acknowledged: 100, pending: 0 });
  paused.signal('SIGCONT');
  await paused.log(10);
  expect(await paused.flush(60_000)).toMatchObject({ complete: true, acknowledged: 30_011, dropped: 0, pending: 0 });
  await eventually(() => (storedFiles(folder).length === 0 ? true : undefined), 20_000);
  const stored = [...(collector.stored.get(paused.producerId)?.keys() ?? [])];
  expect(stored.length).toBe(30_011);
  expect(collector.conflicts).toStrictEqual([]);
});
