import { DropReason } from '@telemetry/gen/constants';
import type { BanList } from '../ban-list.ts';
import type { Channel } from '../channel.ts';
import { ChannelError, toError } from '../errors.ts';
import { refusedDeclarationMsMax, storeBackoffMsMax, storeFilesMax } from '../limits.ts';
import type { Settlement, Upload, UploadOwner } from '../upload.ts';
import { Uploader, type UploaderOptions } from '../uploader.ts';
import type { Ack } from '../wire/decode-acks.ts';
import { type ChannelFolder, fileKey } from './channel-folder.ts';
import { cutStored } from './cut-stored.ts';
import { declareDropped, finishMerge } from './declare-dropped.ts';
import { type Edit, editRecords, type StoreDrop } from './edit-records.ts';
import type { StoredRecord } from './file-format.ts';
import { isDeclarationFile, type StoreFile } from './file-name.ts';
import {
  isRefusedDeclaration,
  needsEdit,
  noteAnswer,
  type OpenBatchOfFile,
  type OpenFile,
  openFile,
  outcomesOf,
} from './open-file.ts';
import type { Outcome } from './outcome.ts';
import { dropOldest } from './store-cap.ts';
import { Turns } from './turns.ts';

/** What became of the events of several producers, by producer. */
export type Outcomes = ReadonlyMap<string, Outcome>;

/** What a sender needs of its surroundings. */
export interface ChannelSenderContext {
  /** Whether this process is still the one that sends; asked before anything is changed. */
  confirm(): Promise<boolean>;
  /** The same, as known a moment ago; asked before each batch. */
  readonly isHeld: boolean;
  /** Tells other processes what became of their events. Before their file goes: a crash in between must not leave them waiting. */
  tellOthers(outcomes: Outcomes): Promise<void>;
  /** Takes in what became of the events of this process. After their file has gone: the application may end then. */
  takeOwn(outcomes: Outcomes): void;
  /** Core for numbers of files that cannot be read. */
  fallbackCore(): Uint8Array;
  onError(error: ChannelError): void;
}

/**
 * Sends what is in the folder of one channel, as long as this process is the uploader. Works in turns, one at a time: what has its answers goes,
 * what others have left half done is finished, what is too much is dropped, and the next files are made ready, so that the uploader never waits for
 * the disk.
 */
export class ChannelSender implements UploadOwner<OpenBatchOfFile> {
  readonly #name: string;
  readonly #folder: ChannelFolder;
  readonly #context: ChannelSenderContext;
  readonly #uploader: Uploader<OpenBatchOfFile>;
  readonly #turns: Turns;
  readonly #readyTarget: number;
  readonly #filesMax: number;
  readonly #open = new Map<string, OpenFile>();
  readonly #parked = new Map<string, { readonly untilMs: number; readonly refusals: number }>();
  #answered: OpenFile[] = [];
  #ready: Upload<OpenBatchOfFile>[] = [];
  #banList: BanList | undefined;
  #ended = false;

  constructor(
    name: string,
    channel: Channel,
    folder: ChannelFolder,
    options: UploaderOptions & { readonly filesMax?: number | undefined },
    context: ChannelSenderContext,
  ) {
    this.#name = name;
    this.#folder = folder;
    this.#context = context;
    this.#readyTarget = options.windowBatches;
    this.#filesMax = options.filesMax ?? storeFilesMax;
    const { platform } = folder.tools;
    this.#uploader = new Uploader(channel, this, options, platform);
    this.#turns = new Turns(
      () => this.#turn(),
      (error) => context.onError(storeError(error)),
      platform,
      storeBackoffMsMax,
    );
  }

  get connected(): boolean {
    return this.#uploader.connected;
  }

  /** There is something new in the folder, or may be. */
  wake(): void {
    this.#turns.ask();
  }

  hurry(): void {
    this.#turns.ask();
    this.#uploader.hurry();
  }

  setBanList(list: BanList): void {
    this.#banList = list;
    this.#turns.ask();
  }

  /** Sends no more. Resolves when nothing of it touches the store any more. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#ready = [];
    this.#uploader.close();
    await this.#turns.end();
  }

  next(): Upload<OpenBatchOfFile> | undefined {
    if (this.#ended || !this.#context.isHeld) {
      return undefined;
    }
    if (this.#ready.length <= this.#readyTarget / 2) {
      this.#turns.ask();
    }
    return this.#ready.shift();
  }

  onSettled(upload: Upload<OpenBatchOfFile>, settlement: Settlement, ack: Ack): void {
    if (noteAnswer(upload.batch, settlement, ack, upload.attempts, upload.uncertain)) {
      this.#answered.push(upload.batch.from);
      this.#turns.ask();
    }
  }

  onError(error: ChannelError): void {
    this.#context.onError(error);
  }

  async #turn(): Promise<void> {
    if (!(await this.#context.confirm())) {
      return;
    }
    await this.#finishAnswered();
    let files = await this.#resume(await this.#folder.list());
    files = await dropOldest(this.#folder, files, this.#filesMax);
    const own: Outcomes[] = [];
    const tell = async (file: StoreFile, dropped: readonly StoreDrop[]): Promise<void> => {
      own.push(await this.#tellDropped(file, dropped, true));
    };
    if (await declareDropped(this.#folder, files, () => this.#context.fallbackCore(), tell)) {
      this.#turns.ask();
    }
    for (const outcomes of own) {
      this.#context.takeOwn(outcomes);
    }
    await this.#makeReady(files);
    this.#uploader.wake();
  }

  async #finishAnswered(): Promise<void> {
    while (this.#answered.length > 0) {
      const batch = this.#answered.splice(0);
      const results = await Promise.allSettled(batch.map((open) => this.#finish(open)));
      for (const [index, result] of results.entries()) {
        const open = batch[index];
        if (result.status === 'rejected' && open !== undefined) {
          this.#answered.push(open);
        }
      }
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) {
        throw failure.reason;
      }
    }
  }

  /** A file whose batches all have an answer: it goes, or goes on with what is left. */
  async #finish(open: OpenFile): Promise<void> {
    if (!needsEdit(open)) {
      const outcomes = outcomesOf(this.#name, open, undefined);
      await this.#context.tellOthers(outcomes);
      await this.#folder.remove(open.file);
      this.#open.delete(fileKey(open.file));
      this.#context.takeOwn(outcomes);
      return;
    }
    if (open.file.state.kind !== 'editing') {
      const editing = await this.#folder.move(open.file, { kind: 'editing' });
      if (editing === undefined) {
        this.#open.delete(fileKey(open.file));
        return;
      }
      open.file = editing;
      await this.#folder.sync();
    }
    const answered = open.records.flatMap((record, index) => {
      const verdict = open.answers[index]?.verdict;
      return verdict === undefined ? [] : [{ record, verdict }];
    });
    const edit = editRecords(answered, this.#folder.tools.gzip);
    const outcomes = outcomesOf(this.#name, open, edit);
    await this.#context.tellOthers(outcomes);
    await this.#folder.write(open.file, { records: edit.records, sources: [] });
    this.#context.takeOwn(outcomes);
    this.#open.delete(fileKey(open.file));
    this.#park(open);
    const sent = await this.#folder.move(open.file, { kind: 'sent' });
    if (sent !== undefined && !this.#parked.has(fileKey(sent))) {
      this.#enqueue(openFile(sent, edit.records), 1, false);
    }
  }

  /** Declarations that were refused can only be sent again as they are; not at once, for ever. */
  #park(open: OpenFile): void {
    if (isRefusedDeclaration(open)) {
      const delayMs = Math.min(refusedDeclarationMsMax, 60_000 * 2 ** Math.min(open.refusals, 20));
      const untilMs = this.#folder.tools.platform.monotonicMs() + delayMs;
      this.#parked.set(fileKey(open.file), { untilMs, refusals: open.refusals + 1 });
    }
  }

  /** Finishes what others have left half done. What this sender has open is its own affair. */
  async #resume(files: readonly StoreFile[]): Promise<StoreFile[]> {
    const resumed: StoreFile[] = [];
    for (const file of files) {
      const { kind } = file.state;
      if (this.#open.has(fileKey(file)) || kind === 'batch' || kind === 'sent' || kind === 'drop') {
        resumed.push(file);
      } else if (kind === 'merging') {
        await finishMerge(this.#folder, file);
        this.#turns.ask();
      } else {
        const moved = await this.#folder.move(file, { kind: kind === 'editing' ? 'sent' : 'batch' });
        this.#turns.ask();
        if (moved !== undefined && kind === 'editing') {
          // Nobody edits a file before each of its batches has an answer.
          await this.#load(moved, 1, false);
        }
      }
    }
    return resumed;
  }

  async #makeReady(files: readonly StoreFile[]): Promise<void> {
    const waiting = files.filter(
      (file) => (file.state.kind === 'batch' || file.state.kind === 'sent') && this.#mayOpen(file),
    );
    // What was sent before comes first: until it has its answer nobody knows whether it counts.
    const inOrder = [...waiting.filter(wasSent), ...waiting.filter((file) => !wasSent(file))];
    const loaded: { open: OpenFile; attempts: number }[] = [];
    let records = this.#ready.length;
    for (const file of inOrder) {
      if (records >= this.#readyTarget || this.#ended) {
        break;
      }
      const open = wasSent(file) ? await this.#openSent(file) : await this.#openBatch(file);
      if (open !== undefined) {
        loaded.push({ open, attempts: wasSent(file) ? 1 : 0 });
        records += open.records.length;
      }
    }
    if (loaded.some(({ attempts }) => attempts === 0)) {
      // Before the first attempt it is on disk that there may have been one.
      await this.#folder.sync();
    }
    if (!(await this.#context.confirm())) {
      return;
    }
    for (const { open, attempts } of loaded) {
      this.#enqueue(open, attempts, attempts > 0);
    }
  }

  #mayOpen(file: StoreFile): boolean {
    const key = fileKey(file);
    const parked = this.#parked.get(key);
    return (
      !this.#open.has(key) && (parked === undefined || parked.untilMs <= this.#folder.tools.platform.monotonicMs())
    );
  }

  async #load(file: StoreFile, attempts: number, uncertain: boolean): Promise<void> {
    const open = await this.#openSent(file);
    if (open !== undefined) {
      this.#enqueue(open, attempts, uncertain);
    }
  }

  async #openSent(file: StoreFile): Promise<OpenFile | undefined> {
    const records = await this.#read(file);
    const refusals = this.#parked.get(fileKey(file))?.refusals;
    this.#parked.delete(fileKey(file));
    return records === undefined ? undefined : openFile(file, records, refusals);
  }

  /** A file that was never sent: without what is banned by now, and noted as sent. */
  async #openBatch(file: StoreFile): Promise<OpenFile | undefined> {
    const records = await this.#read(file);
    if (records === undefined) {
      return undefined;
    }
    const edit = this.#banList === undefined ? undefined : cutStored(records, this.#banList, this.#folder.tools.gzip);
    if (edit === undefined) {
      const sent = await this.#folder.move(file, { kind: 'sent' });
      return sent === undefined ? undefined : openFile(sent, records);
    }
    return this.#openCut(file, edit);
  }

  async #openCut(file: StoreFile, edit: Edit): Promise<OpenFile | undefined> {
    const cutting = await this.#folder.move(file, { kind: 'cutting' });
    if (cutting === undefined) {
      return undefined;
    }
    await this.#folder.sync();
    const settled = edit.records.every(({ eventCount }) => eventCount === 0);
    const outcomes = await this.#tellDropped(file, edit.dropped, settled);
    await this.#folder.write(cutting, { records: edit.records, sources: [] });
    this.#context.takeOwn(outcomes);
    const sent = await this.#folder.move(cutting, { kind: 'sent' });
    return sent === undefined ? undefined : openFile(sent, edit.records);
  }

  /** What a file holds; one that cannot be read is dropped, and its numbers with it. */
  async #read(file: StoreFile): Promise<readonly StoredRecord[] | undefined> {
    const content = await this.#folder.load(file);
    if (content === undefined) {
      return undefined;
    }
    if ('records' in content) {
      return content.records;
    }
    if (content.kind === 'corrupted') {
      await this.#folder.move(file, { kind: 'drop', reason: DropReason.CORRUPTED });
      await this.#folder.sync();
      this.#turns.ask();
    }
    return undefined;
  }

  #enqueue(open: OpenFile, attempts: number, uncertain: boolean): void {
    this.#open.set(fileKey(open.file), open);
    if (open.records.length === 0) {
      this.#answered.push(open);
      this.#turns.ask();
    }
    for (const [index, record] of open.records.entries()) {
      const { encoding, bytes, unsealedSizeBytes, eventCount } = record;
      const batch = { encoding, bytes, unsealedSizeBytes, eventCount, from: open, index };
      this.#ready.push({ batch, attempts, uncertain });
    }
  }

  async #tellDropped(file: StoreFile, dropped: readonly StoreDrop[], settled: boolean): Promise<Outcomes> {
    const { ordinal, producer } = file;
    const none = { taken: [], refused: [], declaredCount: 0 };
    const outcomes = new Map([[producer, { channel: this.#name, ordinal, dropped, settled, ...none }]]);
    if (isDeclarationFile(file)) {
      return new Map();
    }
    await this.#context.tellOthers(outcomes);
    return outcomes;
  }
}

function wasSent(file: StoreFile): boolean {
  return file.state.kind === 'sent';
}

/** A failure of the disk, as `error` handlers hear of it. */
export function storeError(thrown: unknown): ChannelError {
  const cause = toError(thrown);
  return new ChannelError(`store: ${cause.message}; what is logged waits in memory until it works again`, {
    kind: 'retryable',
    cause,
  });
}
