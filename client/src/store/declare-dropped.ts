import { DropReason } from '@telemetry/gen/constants';
import { storeDeclarationsBytesMax, storeMergeFilesMax } from '../limits.ts';
import type { DroppedRange } from '../wire/encode-batch.ts';
import type { ChannelFolder } from './channel-folder.ts';
import { type Declaration, declarationOf, sealDeclarations } from './declaration.ts';
import { dropsOf, type StoreDrop } from './edit-records.ts';
import type { FileContent } from './file-format.ts';
import { isDeclarationFile, type StoreFile, severalProducers } from './file-name.ts';
import type { StoredRecord } from './stored-record.ts';

interface Source {
  readonly file: StoreFile;
  readonly declarations: readonly Declaration[];
  readonly dropped: readonly StoreDrop[];
  readonly isUnreadable: boolean;
}

/**
 * Declares what was dropped: writes one file in place of many dropped ones, and of an earlier such file that was never sent. The new file names
 * the old ones until they are gone, so that a crash in between leaves no number declared twice.
 *
 * @param fallbackCore core for numbers of files that cannot be read.
 * @param tell tells what was dropped with a file, before the file goes.
 * @returns whether there was something to declare.
 */
export async function declareDropped(
  folder: ChannelFolder,
  files: readonly StoreFile[],
  fallbackCore: () => Uint8Array,
  tell: (file: StoreFile, dropped: readonly StoreDrop[]) => Promise<void>,
): Promise<boolean> {
  const dropped = files.filter(({ state }) => state.kind === 'drop').slice(0, storeMergeFilesMax);
  if (dropped.length === 0) {
    return false;
  }
  const sources: Source[] = [];
  for (const file of dropped) {
    const source = await readSource(folder, file, fallbackCore);
    sources.push(...(source === undefined ? [] : [source]));
  }
  sources.push(...(await takeInEarlier(folder, files, fallbackCore)));
  const records = sealDeclarations(
    sources.flatMap(({ declarations }) => declarations),
    folder.tools.gzip,
  );
  for (const source of sources) {
    await tell(source.file, source.dropped);
  }
  await replaceSources(folder, sources, records);
  return true;
}

/** Finishes what somebody has begun: the sources go, and the file that takes their place is as any other. */
export async function finishMerge(folder: ChannelFolder, file: StoreFile): Promise<void> {
  const content = await folder.load(file);
  for (const name of content !== undefined && 'sources' in content ? content.sources : []) {
    await folder.removeNamed(name);
  }
  await folder.sync();
  await folder.move(file, { kind: 'batch' });
}

async function replaceSources(
  folder: ChannelFolder,
  sources: readonly Source[],
  records: readonly StoredRecord[],
): Promise<void> {
  for (const { file, isUnreadable } of sources) {
    if (isUnreadable && records.length === 0) {
      await folder.setAside(folder.nameOf(file), 'corrupted');
    }
  }
  const createdUnixMs = sources[0]?.file.createdUnixMs;
  if (createdUnixMs === undefined || records.length === 0) {
    return;
  }
  const ordinal = Math.floor(folder.tools.platform.random() * 1e8);
  const numbers = { firstSeq: 0, lastSeq: 0, eventCount: 0 };
  const merging: StoreFile = {
    createdUnixMs,
    producer: severalProducers,
    ordinal,
    ...numbers,
    state: { kind: 'merging' },
  };
  await folder.write(merging, { records, sources: sources.map(({ file }) => folder.nameOf(file)) });
  for (const { file, isUnreadable } of sources) {
    if (isUnreadable) {
      await folder.setAside(folder.nameOf(file), 'corrupted');
    }
  }
  await finishMerge(folder, merging);
}

/** An earlier file of declarations that has room, and that nobody has begun to send. */
async function takeInEarlier(
  folder: ChannelFolder,
  files: readonly StoreFile[],
  fallbackCore: () => Uint8Array,
): Promise<Source[]> {
  const earlier = files.findLast((file) => isDeclarationFile(file) && file.state.kind === 'batch');
  const content = earlier === undefined ? undefined : await folder.load(earlier);
  if (earlier === undefined || content === undefined || !('records' in content)) {
    return [];
  }
  if (content.records.reduce((sum, { bytes }) => sum + bytes.length, 0) >= storeDeclarationsBytesMax) {
    return [];
  }
  const taken = await folder.move(earlier, { kind: 'drop', reason: DropReason.UNSPECIFIED });
  if (taken === undefined) {
    return [];
  }
  await folder.sync();
  const source = await readSource(folder, taken, fallbackCore);
  return source === undefined ? [] : [source];
}

async function readSource(
  folder: ChannelFolder,
  file: StoreFile,
  fallbackCore: () => Uint8Array,
): Promise<Source | undefined> {
  const content = await folder.load(file);
  if (content === undefined || file.state.kind !== 'drop') {
    return undefined;
  }
  const { reason } = file.state;
  return 'records' in content ? readableSource(file, content, reason) : unreadableSource(file, fallbackCore());
}

function readableSource(file: StoreFile, { records }: FileContent, reason: DropReason): Source {
  return {
    file,
    declarations: records.map((record) => declarationOf(record, reason)),
    dropped: records.flatMap((record) => dropsOf(record, reason, 'the store was full, and these were the oldest')),
    isUnreadable: false,
  };
}

/** The name says which numbers were in it. */
function unreadableSource(file: StoreFile, coreBytes: Uint8Array): Source {
  const { producer, firstSeq, lastSeq } = file;
  if (lastSeq === 0) {
    return { file, declarations: [], dropped: [], isUnreadable: true };
  }
  const range: DroppedRange = { firstSeq, lastSeq, reason: DropReason.CORRUPTED };
  return {
    file,
    declarations: [{ producer, coreBytes, ranges: [range] }],
    dropped: [{ ...range, producer, problem: 'their file could not be read any more' }],
    isUnreadable: true,
  };
}
