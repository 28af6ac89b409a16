import { DropReason } from '@telemetry/gen/constants';
import type { BanList } from '../ban-list.ts';
import type { ChannelFolder } from './channel-folder.ts';
import { cutStored } from './cut-stored.ts';
import type { Edit, StoreDrop } from './edit-records.ts';
import type { StoreFile } from './file-name.ts';
import { type OpenFile, openFile } from './open-file.ts';
import type { StoredRecord } from './stored-record.ts';

/** Whom an opener tells. */
export interface FileOpenerListener {
  /** Events are about to be dropped from a file. What it returns is called when they are. */
  dropping(file: StoreFile, dropped: readonly StoreDrop[], settled: boolean): Promise<() => void>;
  /** A file cannot be read; it waits to be declared. */
  onUnreadable(): void;
}

/** Reads files to be sent: in the state in which they may be, and without what is banned where nobody can have it yet. */
export class FileOpener {
  readonly #folder: ChannelFolder;
  readonly #listener: FileOpenerListener;

  constructor(folder: ChannelFolder, listener: FileOpenerListener) {
    this.#folder = folder;
    this.#listener = listener;
  }

  /** One that was sent before keeps its bytes. Undefined: there is nothing to send. */
  async openSent(file: StoreFile, refusals = 0): Promise<OpenFile | undefined> {
    const records = await this.#read(file);
    return records === undefined ? undefined : openFile(file, records, refusals);
  }

  /** One that was never sent is noted as sent, without what is banned by now. Durable after `sync` of the folder. */
  async openBatch(file: StoreFile, list: BanList | undefined): Promise<OpenFile | undefined> {
    const records = await this.#read(file);
    return records === undefined ? undefined : this.openUnsent(file, records, list);
  }

  /** The same for what was read before. */
  async openUnsent(
    file: StoreFile,
    records: readonly StoredRecord[],
    list: BanList | undefined,
  ): Promise<OpenFile | undefined> {
    const edit = list === undefined ? undefined : cutStored(records, list, this.#folder.tools.gzip);
    if (edit !== undefined) {
      return this.#openCut(file, edit);
    }
    const sent = file.state.kind === 'sent' ? file : await this.#folder.move(file, { kind: 'sent' });
    return sent === undefined ? undefined : openFile(sent, records);
  }

  async #openCut(file: StoreFile, edit: Edit): Promise<OpenFile | undefined> {
    const cutting = await this.#folder.move(file, { kind: 'cutting' });
    if (cutting === undefined) {
      return undefined;
    }
    await this.#folder.sync();
    const settled = edit.records.every(({ eventCount }) => eventCount === 0);
    const dropped = await this.#listener.dropping(file, edit.dropped, settled);
    await this.#folder.write(cutting, { records: edit.records, sources: [] });
    dropped();
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
      this.#listener.onUnreadable();
    }
    return undefined;
  }
}
