import type { BanList } from '../ban-list.ts';
import type { Channel } from '../channel.ts';
import type { ChannelError } from '../errors.ts';
import { placesKeptFree, refusedDeclarationMsMax, senderBackoffMsMax, storeFilesMax } from '../limits.ts';
import type { Settlement, Upload, UploadOwner } from '../upload.ts';
import { Uploader, type UploaderOptions } from '../uploader.ts';
import type { Ack } from '../wire/decode-acks.ts';
import { type ChannelFolder, fileKey } from './channel-folder.ts';
import { declareDropped, finishMerge } from './declare-dropped.ts';
import type { StoreDrop } from './edit-records.ts';
import { FileFinisher } from './file-finisher.ts';
import { isDeclarationFile, type StoreFile } from './file-name.ts';
import { FileOpener } from './file-opener.ts';
import { isRefusedDeclaration, noteAnswer, type OpenBatchOfFile, type OpenFile } from './open-file.ts';
import type { OutcomeReceiver, Outcomes } from './outcome.ts';
import { SenderShift } from './sender-shift.ts';
import { dropOldest } from './store-cap.ts';
import { storeError } from './store-error.ts';
import { Turns } from './turns.ts';

/** What a sender needs of its surroundings. */
export interface ChannelSenderContext extends OutcomeReceiver {
  /** Whether this process is still the one that sends; asked before anything is changed. */
  confirm(): Promise<boolean>;
  /** The same, as known a moment ago; asked before each batch. */
  isHeld(): boolean;
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
  readonly #opener: FileOpener;
  readonly #finisher: FileFinisher;
  readonly #readyTarget: number;
  readonly #filesMax: number;
  readonly #open = new Map<string, OpenFile>();
  readonly #parked = new Map<string, { readonly untilMs: number; readonly refusals: number }>();
  #answered: OpenFile[] = [];
  #ready: Upload<OpenBatchOfFile>[] = [];
  #banList: BanList | undefined;
  #newBanList: BanList | undefined;
  /** Whether there are files that were not made ready, since enough were, or are being made so. */
  hasMore = false;
  readonly #shift: SenderShift;
  /** Whether it has looked into the folder. */
  #begun = false;
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
    this.#shift = new SenderShift(() => platform.monotonicMs());
    this.#turns = new Turns(
      () => this.#turn(),
      (error) => context.onError(storeError(error)),
      platform,
      senderBackoffMsMax,
    );
    this.#finisher = new FileFinisher(name, folder, context);
    this.#opener = new FileOpener(folder, {
      dropping: async (file, dropped, settled) => {
        const outcomes = await this.#tellDropped(file, dropped, settled);
        return () => context.takeOwn(outcomes);
      },
      onUnreadable: () => this.#turns.ask(),
    });
  }

  get connected(): boolean {
    return this.#uploader.connected;
  }

  /** There is something new in the folder, or may be. */
  wake(): void {
    this.#turns.ask();
  }

  hurry(isAwaited: boolean): void {
    if (isAwaited) {
      this.#shift.begin();
    }
    this.#turns.ask();
    this.#uploader.hurry(isAwaited);
  }

  setBanList(list: BanList): void {
    this.#newBanList = list;
    // Nothing of it is sent before it was looked through: neither is what the uploader holds still.
    this.#ready.unshift(...this.#uploader.takeBack('unsent'));
    this.#turns.ask();
  }

  /** Sends no more. Resolves when nothing of it touches the store any more. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#ready = [];
    this.#uploader.close();
    await this.#turns.end();
    // What has its answer is done with, whatever comes next.
    if (this.#answered.length > 0 && (await this.#context.confirm())) {
      await this.#finishAnswered().catch((error) => this.#context.onError(storeError(error)));
    }
  }

  next(): Upload<OpenBatchOfFile> | undefined {
    if (this.#ended || this.#newBanList !== undefined || this.#shift.isResting || !this.#context.isHeld()) {
      return undefined;
    }
    if (this.hasMore && this.#ready.length <= this.#readyTarget / 2) {
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
    await this.#applyBanList();
    const failures: unknown[] = [];
    // A disk that is full takes no edits and no declarations; what is sent and removed makes room.
    await this.#finishAnswered().catch((error) => failures.push(error));
    let files = await this.#resume(await this.#folder.list());
    files = await dropOldest(this.#folder, files, this.#filesMax - placesKeptFree);
    this.#beginSlowly(files.length);
    await this.#declare(files).catch((error) => failures.push(error));
    await this.#makeReady(files);
    this.#uploader.wake();
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  /** What has piled up before this sender began is sent at the pace of one who comes back, since others come back at the same time. */
  #beginSlowly(files: number): void {
    if (!this.#begun && files > this.#readyTarget) {
      this.#uploader.beginSlowly();
    }
    this.#begun = true;
  }

  async #declare(files: readonly StoreFile[]): Promise<void> {
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
  }

  /** A new list concerns what is ready, too, as long as no batch of its file was sent. */
  async #applyBanList(): Promise<void> {
    const list = this.#newBanList;
    if (list === undefined) {
      return;
    }
    this.#banList = list;
    const unsent = this.#ready;
    this.#ready = [];
    for (const [open, uploads] of Map.groupBy(unsent, ({ batch }) => batch.from)) {
      if (uploads.length < open.records.length || uploads.some(({ attempts }) => attempts > 0)) {
        this.#ready.push(...uploads);
        continue;
      }
      this.#open.delete(fileKey(open.file));
      const cut = await this.#opener.openUnsent(open.file, open.records, list);
      if (cut !== undefined) {
        this.#enqueue(cut, 0, false);
      }
    }
    // Another may have come meanwhile: the next turn is its.
    this.#newBanList = this.#newBanList === list ? undefined : this.#newBanList;
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
    const left = await this.#finisher.finish(open);
    this.#open.delete(fileKey(open.file));
    if (left !== undefined && isRefusedDeclaration(open)) {
      this.#park(left.file, open.refusals);
    } else if (left !== undefined) {
      this.#enqueue(left, 1, false);
    }
  }

  /** Declarations that were refused can only be sent again as they are; not at once, for ever. */
  #park(file: StoreFile, refusals: number): void {
    const delayMs = Math.min(refusedDeclarationMsMax, 60_000 * 2 ** Math.min(refusals, 20));
    const untilMs = this.#folder.tools.platform.monotonicMs() + delayMs;
    this.#parked.set(fileKey(file), { untilMs, refusals: refusals + 1 });
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
          const open = await this.#openSent(moved);
          if (open !== undefined) {
            this.#enqueue(open, 1, false);
          }
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
    // Without a connection one file is enough to try: what is not noted as sent may be cut or dropped still.
    const target = this.#uploader.connected ? this.#readyTarget : 1;
    let hasMore = false;
    for (const file of inOrder) {
      if (records >= target || this.#ended) {
        hasMore = true;
        break;
      }
      const open = wasSent(file) ? await this.#openSent(file) : await this.#opener.openBatch(file, this.#banList);
      if (open !== undefined) {
        loaded.push({ open, attempts: wasSent(file) ? 1 : 0 });
        records += open.records.length;
      }
    }
    if (loaded.some(({ attempts }) => attempts === 0)) {
      // Before the first attempt it is on disk that there may have been one.
      await this.#folder.sync();
    }
    const isHeld = await this.#context.confirm();
    for (const { open, attempts } of isHeld ? loaded : []) {
      this.#enqueue(open, attempts, attempts > 0);
    }
    this.hasMore = hasMore;
  }

  #mayOpen(file: StoreFile): boolean {
    const key = fileKey(file);
    const parked = this.#parked.get(key);
    return (
      !this.#open.has(key) && (parked === undefined || parked.untilMs <= this.#folder.tools.platform.monotonicMs())
    );
  }

  #openSent(file: StoreFile): Promise<OpenFile | undefined> {
    const refusals = this.#parked.get(fileKey(file))?.refusals;
    this.#parked.delete(fileKey(file));
    return this.#opener.openSent(file, refusals);
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
