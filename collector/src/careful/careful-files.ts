import { access, mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flushDirectory } from '../spool/flush-directory.ts';
import { mendSegment } from '../spool/mend-segment.ts';
import { readWholeFile } from '../spool/read-whole-file.ts';
import type { RecordFacts } from '../spool/record-codec.ts';
import { scanSegment } from '../spool/scan-segment.ts';
import type { ClosedSegment } from '../spool/segment.ts';

/** `waiting`: to be compared with the ledger. `ready`: ours to load, with the id as token, for ever. */
export type CarefulState = 'waiting' | 'ready';

/** A file of the careful path. */
export interface CarefulFile {
  readonly id: string;
  readonly state: CarefulState;
  readonly path: string;
}

const FILE_NAME = /^([0-9a-z-]+)\.(waiting|ready)\.gz$/;
/** Ends of the ids of the two files that a split makes: what is ready, and what is postponed. */
const READY_SUFFIX = 'r';
const POSTPONED_SUFFIX = 'p';

/** Id of the file that what is ready of a segment goes to. */
export function readyIdOf(file: CarefulFile): string {
  return file.id + READY_SUFFIX;
}

/**
 * The folder of the careful path. A segment is split in steps that can be repeated after a crash at any point: the ready file first, in one
 * rename; then the postponed one; then the segment goes. A segment that is found beside its ready file is split already but for the rest.
 */
export class CarefulFiles {
  readonly #folder: string;
  readonly #quarantineFolder: string;
  readonly #onSetAside: (count: number) => void;

  /**
   * @param quarantineFolder where damaged parts of files go
   * @param onSetAside told how many did
   */
  constructor(folder: string, quarantineFolder: string, onSetAside: (count: number) => void) {
    this.#folder = folder;
    this.#quarantineFolder = quarantineFolder;
    this.#onSetAside = onSetAside;
  }

  /** Makes the folder, mends what is damaged, finishes splits that a crash interrupted, and lists what is there, the oldest first. */
  async recover(): Promise<CarefulFile[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#folder)) {
      if (name.endsWith('.tmp')) await unlink(join(this.#folder, name));
    }
    const files = await this.#list();
    for (const file of files) await this.read(file);
    const ready = new Map(files.filter(({ state }) => state === 'ready').map((file) => [file.id, file]));
    for (const file of files) {
      const split = file.state === 'waiting' ? ready.get(file.id + READY_SUFFIX) : undefined;
      if (split !== undefined) await this.#finishSplit(file, split);
    }
    return this.#list();
  }

  /** Reads a file, after setting aside what is no record. */
  async read(file: CarefulFile): Promise<{ bytes: Buffer; records: readonly RecordFacts[] }> {
    const { bytes, content, setAside } = await mendSegment(file, this.#quarantineFolder);
    if (setAside.length > 0) {
      await flushDirectory(this.#folder);
      this.#onSetAside(setAside.length);
    }
    return { bytes, records: content.records };
  }

  /** Takes a segment over from the spool. May be called again after it failed. */
  async take(segment: ClosedSegment): Promise<CarefulFile> {
    const path = this.#pathOf(segment.id, 'waiting');
    try {
      await rename(segment.path, path);
    } catch (error) {
      // It may have come here already, and only the folder could not be flushed.
      await access(path).catch(() => {
        throw error;
      });
    }
    await flushDirectory(this.#folder);
    return this.#describe(segment.id, 'waiting');
  }

  /** Makes a whole segment ready. */
  async makeReady(file: CarefulFile): Promise<CarefulFile> {
    await rename(file.path, this.#pathOf(file.id, 'ready'));
    await flushDirectory(this.#folder);
    return this.#describe(file.id, 'ready');
  }

  /** Replaces a segment by what of it is ready and what is postponed; either may be empty. */
  async split(file: CarefulFile, ready: Buffer, postponed: Buffer): Promise<CarefulFile[]> {
    await this.#write(file.id + READY_SUFFIX, 'ready', ready);
    const made = [this.#describe(file.id + READY_SUFFIX, 'ready')];
    if (postponed.length > 0) {
      await this.#write(file.id + POSTPONED_SUFFIX, 'waiting', postponed);
      made.push(this.#describe(file.id + POSTPONED_SUFFIX, 'waiting'));
    }
    await this.remove(file);
    return made;
  }

  /** Deletes a file. */
  async remove(file: CarefulFile): Promise<void> {
    await unlink(file.path);
    await flushDirectory(this.#folder);
  }

  /** What the crash left of a split: all that is not ready waits, and is looked at again. */
  async #finishSplit(file: CarefulFile, ready: CarefulFile): Promise<void> {
    const bytes = await readWholeFile(file.path);
    const readyBytes = await readWholeFile(ready.path);
    const isReady = new Set(
      scanSegment(readyBytes).records.map((record) => slice(readyBytes, record).toString('latin1')),
    );
    const rest = scanSegment(bytes)
      .records.map((record) => slice(bytes, record))
      .filter((record) => !isReady.has(record.toString('latin1')));
    if (rest.length > 0) await this.#write(file.id + POSTPONED_SUFFIX, 'waiting', Buffer.concat(rest));
    await this.remove(file);
  }

  async #write(id: string, state: CarefulState, bytes: Buffer): Promise<void> {
    const path = this.#pathOf(id, state);
    await writeFile(`${path}.tmp`, bytes, { mode: 0o600, flush: true });
    await rename(`${path}.tmp`, path);
    await flushDirectory(this.#folder);
  }

  async #list(): Promise<CarefulFile[]> {
    const files: CarefulFile[] = [];
    for (const name of (await readdir(this.#folder)).sort()) {
      const [, id, state] = FILE_NAME.exec(name) ?? [];
      if (id !== undefined && state !== undefined) files.push(this.#describe(id, state as CarefulState));
    }
    return files;
  }

  #describe(id: string, state: CarefulState): CarefulFile {
    return { id, state, path: this.#pathOf(id, state) };
  }

  #pathOf(id: string, state: CarefulState): string {
    return join(this.#folder, `${id}.${state}.gz`);
  }
}

function slice(bytes: Buffer, record: { startByte: number; sizeBytes: number }): Buffer {
  return bytes.subarray(record.startByte, record.startByte + record.sizeBytes);
}
