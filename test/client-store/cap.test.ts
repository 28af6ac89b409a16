import { DropReason } from '@telemetry/gen';
import { describe, expect, test } from 'vitest';
import { placesKeptFree, storeFilesMax } from '../../client/src/limits.ts';
import { formatFileName } from '../../client/src/store/file-name.ts';
import { MemoryFiles, memoryBackend } from '../../client/src/store/memory-backend.ts';
import { toHex } from '../../client/src/to-hex.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';
import { deadContent, deadFile } from './support/dead-files.ts';
import { storeClient } from './support/store-client.ts';
import { SwitchedChannel } from './support/switched-channel.ts';

/** A minute of the application, in fast time: its flush interval, and the time after which it has surely passed. */
const flushIntervalMs = 100;
const minuteMs = 1.2 * flushIntervalMs;

/** Counts the files of the channel at each change. */
class CountedFiles extends MemoryFiles {
  filesAtMost = 0;

  override changed(path: string): void {
    super.changed(path);
    const count = [...this.files.keys()].filter((each) => each.startsWith('channels/')).length;
    this.filesAtMost = Math.max(this.filesAtMost, count);
  }
}

/** An application without a network for a while. */
function offline(filesMax?: number) {
  const platform = new ManualPlatform();
  const shared = new CountedFiles();
  const channel = new SwitchedChannel(false);
  const backend = memoryBackend(shared, platform);
  const client = storeClient({ backend, channels: [channel], platform, filesMax, flushIntervalMs });
  const names = () => [...shared.files.keys()].filter((path) => path.startsWith('channels/'));
  return {
    ...client,
    platform,
    channel,
    shared,
    names,
    /** Logs an event a minute, each of which becomes a file. */
    async minutes(count: number): Promise<void> {
      for (let minute = 0; minute < count; minute++) {
        client.telemetry.log({ name: 'ticked' });
        await platform.advance(minuteMs);
      }
    },
    filesAtMost: () => shared.filesAtMost,
    async online(): Promise<void> {
      channel.isOn = true;
      for (let step = 0; step < 600 && names().length > 0; step++) {
        await platform.advance(1_000);
      }
      expect(names()).toStrictEqual([]);
    },
  };
}

/** Every number is stored or declared for its reason, once: the oldest are declared, but for the first two, with which attempts are made. */
function expectComplete(channel: SwitchedChannel, highestSeq: number, dropped: number): void {
  const { stored, declared } = channel.received();
  const numbers = Array.from({ length: highestSeq }, (_, index) => index + 1);
  expect(stored).toStrictEqual([1, 2, ...numbers.slice(2 + dropped)]);
  expect([...declared].sort(([a], [b]) => a - b)).toStrictEqual(
    numbers.slice(2, 2 + dropped).map((seq) => [seq, DropReason.STORE_FULL]),
  );
}

describe('a store that is full', () => {
  test('never has more files than its limit: nothing is dropped below it, and the oldest at it and above', async () => {
    const app = offline();
    // Left by a process that has died, and older than what comes.
    for (let seq = 1; seq <= storeFilesMax - 2; seq++) {
      app.shared.files.set(`channels/main/${formatFileName(deadFile(seq))}`, deadContent(seq));
    }
    await app.minutes(1);
    // One makes room for the next file, and one for the file that declares them.
    expect(app.filesAtMost()).toBe(storeFilesMax);
    expect(app.names()).toHaveLength(storeFilesMax - 2);
    await app.minutes(3);
    expect(app.filesAtMost()).toBe(storeFilesMax);
    expect(app.names()).toHaveLength(storeFilesMax - 2);
    await app.online();
    const ofDead = app.channel.taken.batches.filter(({ producerId }) => producerId.every((byte) => byte === 0xdd));
    const declared = ofDead.flatMap(({ dropped }) => dropped);
    expect(declared).toMatchObject([{ firstSeq: 3n, lastSeq: 7n, reason: DropReason.STORE_FULL }]);
    expect(ofDead.flatMap(({ events }) => events)).toHaveLength(storeFilesMax - 2 - 5);
    expect(app.telemetry.stats()).toMatchObject({ acknowledged: 4, dropped: 0, pending: 0 });
  });

  test('drops nothing while it has room', async () => {
    const app = offline();
    for (let seq = 1; seq <= storeFilesMax - 3; seq++) {
      app.shared.files.set(`channels/main/${formatFileName(deadFile(seq))}`, deadContent(seq));
    }
    await app.minutes(1);
    expect(app.filesAtMost()).toBe(storeFilesMax - 2);
    await app.online();
    expect(app.channel.taken.batches.flatMap(({ dropped }) => dropped)).toStrictEqual([]);
    expect(app.channel.taken.events).toHaveLength(storeFilesMax - 2);
  });

  test('keeps the newest, and declares all others with one file, however long it lasts', async () => {
    const app = offline(10);
    await app.minutes(100);
    expect(app.filesAtMost()).toBe(10);
    expect(app.telemetry.stats()).toMatchObject({ dropped: 93, droppedByReason: { storeFull: 93 }, undeclared: 93 });
    await app.online();
    expectComplete(app.channel, 100, 93);
    expect(app.channel.taken.batches.filter(({ dropped }) => dropped.length > 0)).toHaveLength(1);
    expect(app.telemetry.stats()).toMatchObject({ acknowledged: 7, dropped: 93, undeclared: 0, pending: 0 });
  });

  test('never drops what was sent: some collector may have it', async () => {
    const app = offline(4);
    await app.minutes(1);
    // An attempt is being made with it.
    expect(app.names()).toStrictEqual([expect.stringMatching(/-1-1-1\.sent$/)]);
    await app.minutes(20);
    expect(app.names()[0]).toMatch(/-1-1-1\.sent$/);
    await app.online();
    const { stored, declared } = app.channel.received();
    expect(stored[0]).toBe(1);
    expect(stored.length + declared.size).toBe(21);
  });
});

test('pages that are left while nothing gets through leave no more files than that, and what finds no place is declared', async () => {
  const filesMax = 8;
  const visits = 30;
  const platform = new ManualPlatform();
  const shared = new CountedFiles();
  const channel = new SwitchedChannel(false);
  const atExit = {
    finishWrites() {},
    write(bytes: Uint8Array, ...paths: string[]) {
      for (const path of paths) {
        shared.files.set(path.replace(/\.batch$/, '.sent'), bytes);
        shared.changed(path);
      }
    },
  };
  const visit = () => {
    const backend = Object.assign(memoryBackend(shared, platform), { atExit });
    return storeClient({ backend, channels: [channel], platform, filesMax, flushIntervalMs: 3_600_000 });
  };
  for (let index = 0; index < visits; index++) {
    const { telemetry, page } = visit();
    await platform.advance(2_000);
    telemetry.log({ name: 'left' });
    page.onLeaving(true);
    await platform.advance(2_000);
    const ending = telemetry.shutdown({ timeoutMs: 1 });
    await platform.advance(10_000);
    await ending;
  }
  expect(shared.filesAtMost).toBeLessThanOrEqual(filesMax);
  channel.isOn = true;
  const last = visit();
  for (let step = 0; step < 100 && [...shared.files.keys()].some((path) => path.startsWith('channels/')); step++) {
    await platform.advance(1_000);
  }
  await last.telemetry.shutdown({ timeoutMs: 1 });
  const fates = channel.taken.batches.flatMap(({ producerId, events, dropped }) => [
    ...events.map(() => `${toHex(producerId)} stored`),
    ...dropped.map(({ reason }) => `${toHex(producerId)} declared ${reason}`),
  ]);
  const declared = fates.filter((fate) => fate.endsWith(`declared ${DropReason.STORE_FULL}`));
  expect(fates.filter((fate) => fate.endsWith('stored')).length).toBe(filesMax - placesKeptFree - 1);
  expect(declared.length).toBeGreaterThan(visits / 2);
  expect(new Set(fates.map((fate) => fate.slice(0, 32))).size).toBe(visits);
  expect(fates).toHaveLength(visits);
});
