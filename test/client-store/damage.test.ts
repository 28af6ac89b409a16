import { mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DropReason } from '@telemetry/gen';
import { expect, onTestFinished, test } from 'vitest';
import { folderBackend } from '../../client/src/node/folder-backend.ts';
import { loadNativeLock } from '../../client/src/node/native-lock.ts';
import { formatFileName, severalProducers } from '../../client/src/store/file-name.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { systemTime } from './support/backend-contract.ts';
import { deadContent, deadFile } from './support/dead-files.ts';
import { type StoreClient, storeClient } from './support/store-client.ts';
import { filesIn, storedFiles } from './support/stored-files.ts';
import { SwitchedChannel } from './support/switched-channel.ts';

const channels = ['channels/main'];

function open(folder: string, channel: SwitchedChannel, filesMax?: number): StoreClient {
  const backend = folderBackend({ folder, channels, platform: systemTime, loadLock: loadNativeLock });
  const client = storeClient({ backend, channels: [channel], platform: systemTime, filesMax });
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

/** A store that was full: one file in it declares what was dropped of two processes that have died. Gives its path. */
async function storeOfDeclarations(): Promise<{ folder: string; path: string }> {
  const folder = join(temporaryFolder(), 'store');
  const main = join(folder, 'channels/main');
  mkdirSync(main, { recursive: true });
  for (let seq = 1; seq <= 4; seq++) {
    for (const producer of [0xaa, 0xbb]) {
      const name = formatFileName({ ...deadFile(seq, producer), createdUnixMs: 1_600_000_000_000 + seq * 2 });
      writeFileSync(join(main, name), deadContent(seq, producer));
    }
  }
  const { telemetry } = open(folder, new SwitchedChannel(false), 5);
  const declarations = () => storedFiles(folder).find((name) => name.includes(severalProducers));
  await eventually(() => (/\.(batch|sent)$/.test(declarations() ?? '') ? true : undefined), 20_000);
  await telemetry.shutdown({ timeoutMs: 1 });
  return { folder, path: join(main, declarations() ?? '') };
}

test.each([
  ['a byte of its first half', (file: Buffer) => flip(file, file.length >> 2)],
  ['a byte of its second half', (file: Buffer) => flip(file, file.length - 9)],
  ['its header', (file: Buffer) => flip(file, 13)],
  ['its first page', (file: Buffer) => file.fill(0, 0, 4096)],
])('a file that declares for several processes declares all of it with %s damaged', async (_, damage) => {
  const { folder, path } = await storeOfDeclarations();
  const file = readFileSync(path);
  damage(file);
  writeFileSync(path, file);
  const { taken } = await deliver(folder);
  const numbersOf = (byte: number) =>
    taken.batches
      .filter(({ producerId }) => producerId.every((each) => each === byte))
      .flatMap(({ events, dropped }) => [
        ...events.map(({ seq }) => Number(seq)),
        ...dropped.flatMap(({ firstSeq, lastSeq }) =>
          Array.from({ length: Number(lastSeq - firstSeq) + 1 }, (__, at) => Number(firstSeq) + at),
        ),
      ])
      .sort((a, b) => a - b);
  expect([numbersOf(0xaa), numbersOf(0xbb)]).toStrictEqual([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
  expect(taken.batches.filter(({ dropped }) => dropped.length > 0)).toHaveLength(2);
  expect(filesIn(folder, 'quarantine')).toStrictEqual([]);
});

function flip(file: Buffer, offset: number): void {
  file[offset] = (file[offset] ?? 0) ^ 1;
}

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
