import { DropReason } from '@telemetry/gen';
import { describe, expect, test } from 'vitest';
import {
  quarantineFilesMax,
  storeDeclarationsBytesMax,
  storeFileBytesTarget,
  storeMergeFilesMax,
} from '../../client/src/limits.ts';
import { ChannelFolder, quarantineFolder } from '../../client/src/store/channel-folder.ts';
import { declareDropped } from '../../client/src/store/declare-dropped.ts';
import { type FileState, type StoreFile, severalProducers } from '../../client/src/store/file-name.ts';
import { StoreWriter } from '../../client/src/store/store-writer.ts';
import { ManualPlatform } from '../client/support/manual-platform.ts';
import { folderTools, mainFolder } from './support/folder-tools.ts';
import { batchOfSize, declarationOfSize, recordOf } from './support/sized-batches.ts';

const own = 'a'.repeat(32);
const dead = 'd'.repeat(32);
const other = 'e'.repeat(32);

/** A file that another process has left. */
function leftFile(producer: string, seq: number, state: FileState): StoreFile {
  const numbers = { ordinal: seq, firstSeq: seq, lastSeq: seq, eventCount: 1 };
  return { createdUnixMs: 1_700_000_000_000 + seq, producer, ...numbers, state };
}

/** A file of the same producer that was dropped and waits to be declared. */
async function leaveDropped(folder: ChannelFolder, seq: number): Promise<void> {
  const file = leftFile(dead, seq, { kind: 'drop', reason: DropReason.STORE_FULL });
  await folder.write(file, { records: [recordOf(dead, seq)], sources: [] });
}

/** Declares what waits, and gives back the numbers of which was told that they are dropped. */
async function declare(folder: ChannelFolder): Promise<number[]> {
  const told: number[] = [];
  const noCore = () => new Uint8Array(0);
  await declareDropped(folder, await folder.list(), noCore, async (_, dropped) => {
    told.push(...dropped.map(({ firstSeq }) => firstSeq));
  });
  return told;
}

const around = [-1, 0, 1];

describe('a file of batches that wait together', () => {
  test.each(around)('of its target and %i bytes takes in one more below the target only', async (more) => {
    const tools = await folderTools();
    const fail = (error: unknown): never => {
      throw error;
    };
    const writer = new StoreWriter(tools, own, ['channels/main'], {
      room: async () => {},
      isFullOfSent: () => false,
      onWritten: () => {},
      onOversize: () => fail(new Error('too large')),
      onFailure: fail,
    });
    const firstBytes = Math.floor(storeFileBytesTarget / 2);
    const sizes = [firstBytes, storeFileBytesTarget - firstBytes + more, 100];
    for (const [index, sizeBytes] of sizes.entries()) {
      writer.append(batchOfSize(own, index + 1, sizeBytes));
    }
    writer.start();
    await writer.written();
    const folder = mainFolder(tools);
    const files = await folder.list();
    const contents = await Promise.all(files.map((file) => folder.load(file)));
    const held = contents.map((content) => (content !== undefined && 'records' in content ? content.records : []));
    const bytes = held.map((records) => records.map((record) => record.bytes.length));
    expect(bytes).toStrictEqual(more < 0 ? [sizes] : [sizes.slice(0, 2), sizes.slice(2)]);
  });
});

describe('a file of declarations', () => {
  test.each(around)('of its bound and %i bytes takes in further ones below the bound only', async (more) => {
    const folder = mainFolder(await folderTools());
    const earlier = { ...leftFile(severalProducers, 7, { kind: 'batch' }), firstSeq: 0, lastSeq: 0, eventCount: 0 };
    const firstBytes = Math.floor(storeDeclarationsBytesMax / 2);
    const records = [
      declarationOfSize(dead, 1, firstBytes),
      declarationOfSize(other, 1, storeDeclarationsBytesMax - firstBytes + more),
    ];
    await folder.write(earlier, { records, sources: [] });
    await leaveDropped(folder, 2);
    expect(await declare(folder)).toStrictEqual([2]);
    const files = await folder.list();
    expect(files.map(({ producer, state }) => ({ producer, state }))).toStrictEqual(
      files.map(() => ({ producer: severalProducers, state: { kind: 'batch' } })),
    );
    expect(files).toHaveLength(more < 0 ? 1 : 2);
    expect(files.some(({ ordinal }) => ordinal === earlier.ordinal)).toBe(more >= 0);
  });
});

describe('dropped files', () => {
  test.each(around)('as many as go at once, and %i: what is past the bound waits for the next go', async (more) => {
    const folder = mainFolder(await folderTools());
    const seqs = Array.from({ length: storeMergeFilesMax + more }, (_, index) => index + 1);
    await Promise.all(seqs.map((seq) => leaveDropped(folder, seq)));
    expect(await declare(folder)).toStrictEqual(seqs.slice(0, storeMergeFilesMax));
    const left = (await folder.list()).filter(({ state }) => state.kind === 'drop');
    expect(left.map(({ firstSeq }) => firstSeq)).toStrictEqual(seqs.slice(storeMergeFilesMax));
    expect(await declare(folder)).toStrictEqual(seqs.slice(storeMergeFilesMax));
    expect(await folder.list()).toMatchObject([{ producer: severalProducers, state: { kind: 'batch' } }]);
  });
});

describe('files that are set aside', () => {
  test.each(around)('as many as are kept, and %i: the oldest goes past the bound only', async (more) => {
    const platform = new ManualPlatform();
    const tools = await folderTools(platform);
    const problems: string[] = [];
    const folder = new ChannelFolder('channels/main', tools, (problem) => void problems.push(problem));
    const names = Array.from({ length: quarantineFilesMax + more }, (_, index) => `foreign-${index}`);
    for (const name of names) {
      await tools.backend.put(new Uint8Array(1), `channels/main/${name}`);
      expect(await folder.list()).toStrictEqual([]);
      await platform.advance(1);
    }
    const kept = (await tools.backend.list(quarantineFolder)).sort().map((name) => name.replace(/^\d+-foreign-/, ''));
    expect(kept).toStrictEqual(names.slice(-quarantineFilesMax));
    expect(problems).toHaveLength(names.length);
  });
});
