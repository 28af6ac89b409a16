import { readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DropReason } from '@telemetry/gen';
import { expect, onTestFinished, test } from 'vitest';
import { folderBackend } from '../../client/src/node/folder-backend.ts';
import { loadNativeLock } from '../../client/src/node/native-lock.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { systemTime } from './support/backend-contract.ts';
import { type StoreClient, storeClient } from './support/store-client.ts';
import { filesIn, storedFiles } from './support/stored-files.ts';
import { SwitchedChannel } from './support/switched-channel.ts';

const channels = ['channels/main'];

function open(folder: string, channel: SwitchedChannel): StoreClient {
  const backend = folderBackend({ folder, channels, platform: systemTime, loadLock: loadNativeLock });
  const client = storeClient({ backend, channels: [channel], platform: systemTime });
  onTestFinished(async () => void (await client.telemetry.shutdown({ timeoutMs: 100 })));
  return client;
}

/** A store with three files of ten events each, left by an application that has ended. */
async function storeOfThree(): Promise<{ folder: string; main: string }> {
  const folder = join(temporaryFolder(), 'store');
  const { telemetry } = open(folder, new SwitchedChannel(false));
  for (let file = 0; file < 3; file++) {
    for (let event = 0; event < 10; event++) {
      telemetry.log({ name: 'kept' });
    }
    await telemetry.flush({ timeoutMs: 1 });
    await eventually(() => (storedFiles(folder).length === file + 1 ? true : undefined), 20_000);
  }
  await telemetry.shutdown({ timeoutMs: 1 });
  const main = join(folder, 'channels/main');
  expect(readdirSync(main)).toHaveLength(3);
  return { folder, main };
}

function middleFile(main: string): string {
  return join(main, readdirSync(main).find((name) => name.includes('-11-20-10.')) ?? '');
}

async function deliver(folder: string): Promise<SwitchedChannel> {
  const channel = new SwitchedChannel(true);
  open(folder, channel);
  await eventually(
    () => (storedFiles(folder).length === 0 ? true : undefined),
    20_000,
    () => `left: ${storedFiles(folder).join(', ')}`,
  );
  return channel;
}

const tens = (from: number) => Array.from({ length: 10 }, (_, index) => from + index);

test.each([
  ['cut off in its header', (path: string) => truncateSync(path, 10)],
  ['cut off in its content', (path: string) => truncateSync(path, readFileSync(path).length - 1)],
  ['empty', (path: string) => truncateSync(path, 0)],
  [
    'damaged',
    (path: string) => {
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    },
  ],
  ['another file’s content', (path: string) => writeFileSync(path, 'This is somebody’s letter.')],
])('a file that is %s is set aside, and its numbers are declared', async (_, damage) => {
  const { folder, main } = await storeOfThree();
  damage(middleFile(main));
  const channel = await deliver(folder);
  const { stored, declared } = channel.received();
  expect(stored).toStrictEqual([...tens(1), ...tens(21)]);
  expect([...declared]).toStrictEqual(tens(11).map((seq) => [seq, DropReason.CORRUPTED]));
  expect(filesIn(folder, 'quarantine')).toStrictEqual([expect.stringMatching(/corrupted-.*-11-20-10\.drop/)]);
});

test('a foreign file is set aside, and counts for nothing', async () => {
  const { folder, main } = await storeOfThree();
  writeFileSync(join(main, 'notes.txt'), 'do not forget');
  const { stored, declared } = (await deliver(folder)).received();
  expect(stored).toStrictEqual([...tens(1), ...tens(11), ...tens(21)]);
  expect(declared.size).toBe(0);
  expect(filesIn(folder, 'quarantine')).toStrictEqual([expect.stringMatching(/foreign-notes\.txt$/)]);
});

test.each([
  // Between the write of a decision and the file that carries it out.
  ['cutting', { stored: [...tens(1), ...tens(11), ...tens(21)], declared: 0 }],
  ['editing', { stored: [...tens(1), ...tens(11), ...tens(21)], declared: 0 }],
  ['drop6', { stored: [...tens(1), ...tens(21)], declared: 10 }],
])('a process that died over a file in the state "%s" leaves nothing in doubt', async (state, expected) => {
  const { folder, main } = await storeOfThree();
  const path = middleFile(main);
  renameSync(path, path.replace(/\.\w+$/, `.${state}`));
  const { stored, declared } = (await deliver(folder)).received();
  expect(stored).toStrictEqual(expected.stored);
  expect(declared.size).toBe(expected.declared);
});
