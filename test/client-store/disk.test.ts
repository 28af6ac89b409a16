import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTelemetry } from '@telemetry/client';
import { DropReason } from '@telemetry/gen';
import { expect, onTestFinished, test } from 'vitest';
import { folderBackend } from '../../client/src/node/folder-backend.ts';
import { loadNativeLock } from '../../client/src/node/native-lock.ts';
import { expectBalance } from '../client/support/expect-balance.ts';
import { smallDisk } from '../collector/support/small-disk.ts';
import { fillDisk } from '../faults/support/fill-disk.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { systemTime } from './support/backend-contract.ts';
import { storeClient } from './support/store-client.ts';
import { storedFiles } from './support/stored-files.ts';
import { SwitchedChannel } from './support/switched-channel.ts';

const retry = { initialBackoffMs: 10, maxBackoffMs: 50 };

test('a disk that is full keeps events in memory, says so once, and loses nothing', {
  timeout: 90_000,
}, async (context) => {
  const disk = await smallDisk('size=2m');
  if ('reason' in disk) return context.skip(disk.reason);
  const folder = join(disk.path, 'store');
  const channel = new SwitchedChannel(false);
  const telemetry = createTelemetry({ product: 'store', channel, store: { folder }, retry });
  onTestFinished(async () => void (await telemetry.shutdown({ timeoutMs: 100 })));
  const errors: string[] = [];
  telemetry.on('error', ({ message }) => void (message.startsWith('store:') && errors.push(message)));
  telemetry.log({ name: 'before' });
  await telemetry.flush({ timeoutMs: 1 });
  await eventually(() => (storedFiles(folder).length === 1 ? true : undefined), 20_000);
  const giveBack = fillDisk(disk.path);
  for (let index = 0; index < 3_000; index++) {
    telemetry.log({ name: 'during' });
  }
  void telemetry.flush({ timeoutMs: 100 });
  await eventually(() => (errors.length > 0 ? true : undefined), 10_000);
  expect(errors).toStrictEqual([expect.stringContaining('ENOSPC')]);
  expect(telemetry.stats()).toMatchObject({ pending: 3_001, dropped: 0 });
  expect(telemetry.stats().queueBytes).toBeGreaterThan(0);
  giveBack();
  await eventually(() => (telemetry.stats().queueBytes === 0 ? true : undefined), 30_000);
  channel.isOn = true;
  await eventually(() => (telemetry.stats().acknowledged === 3_001 ? true : undefined), 30_000);
  expect(channel.received().stored).toHaveLength(3_001);
  expectBalance(telemetry.stats());
});

test('without the library for locks the client works in memory, and says so once', async () => {
  const folder = join(temporaryFolder(), 'store');
  const loadLock = () => Promise.reject(new Error('no binary for this platform'));
  const backend = folderBackend({ folder, channels: ['channels/main'], platform: systemTime, loadLock });
  const channel = new SwitchedChannel(true);
  const { telemetry } = storeClient({ backend, channels: [channel], platform: systemTime });
  const errors: string[] = [];
  telemetry.on('error', ({ message }) => void errors.push(message));
  telemetry.log({ name: '' });
  telemetry.log({ name: 'kept' });
  expect(await telemetry.flush()).toMatchObject({ complete: true, acknowledged: 1, dropped: 1 });
  expect(await telemetry.shutdown()).toMatchObject({ complete: true, undeclared: 0 });
  expect(channel.received()).toStrictEqual({ stored: [2], declared: new Map([[1, DropReason.INVALID]]) });
  expect(errors).toStrictEqual([expect.stringContaining('no binary for this platform')]);
});

test.each([
  ['is a file', (folder: string) => writeFileSync(folder, '')],
  [
    'is a link to somewhere else',
    (folder: string) => {
      mkdirSync(`${folder}-elsewhere`);
      symlinkSync(`${folder}-elsewhere`, folder);
    },
  ],
])('a folder that %s is not used; the client works in memory', async (_, make) => {
  const folder = join(temporaryFolder(), 'store');
  make(folder);
  const channel = new SwitchedChannel(true);
  const telemetry = createTelemetry({ product: 'store', channel, store: { folder }, retry });
  const errors: string[] = [];
  telemetry.on('error', ({ message }) => void errors.push(message));
  telemetry.log({ name: 'kept' });
  expect(await telemetry.shutdown()).toMatchObject({ complete: true, acknowledged: 1 });
  expect(errors).toStrictEqual([expect.stringMatching(/is not a folder$/)]);
});

test.skipIf(process.getuid === undefined)('a folder that others can enter is closed', async () => {
  const folder = join(temporaryFolder(), 'store');
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const backend = folderBackend({
    folder,
    channels: ['channels/main'],
    platform: systemTime,
    loadLock: loadNativeLock,
  });
  await backend.open('a'.repeat(32));
  await backend.write(new Uint8Array(1), 'channels/main/x');
  await backend.close();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'channels/main/x')).mode & 0o777).toBe(0o600);
});
