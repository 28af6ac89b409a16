import { closeSync, fdatasyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ignoreMissing, makeStoreFolder, privateFile, syncFolder } from './folder-files.ts';

/** Where a file goes, from and to; the last is the one that decides. */
type Move = readonly [from: string, to: string];

interface Write {
  readonly bytes: Uint8Array;
  readonly part: string;
  readonly paths: readonly [string, ...string[]];
  /** Once the file is whole on disk, and until then undefined. */
  moves: readonly Move[] | undefined;
}

/** Marks a file in `tmp` that is whole and goes to the place whose name stands behind it. */
const ready = '.ready.';
/** The same for a further place: it goes there if the one marked `ready` is there, which is the last to go. */
const further = '.further.';

/**
 * Writes files so that they are whole in their places or not there at all: to `tmp`, to the disk, then renamed. A file with several places is
 * linked to each before the first rename; whoever opens the store after a crash finishes that.
 */
export class FolderWrites {
  readonly #folder: string;
  readonly #channels: readonly string[];
  readonly #running = new Set<Write>();
  #owner = '';
  #count = 0;

  constructor(folder: string, channels: readonly string[]) {
    this.#folder = folder;
    this.#channels = channels;
  }

  /** Whose writes these are: the first part of the names in `tmp`. */
  setOwner(producer: string): void {
    this.#owner = producer;
  }

  async write(bytes: Uint8Array, paths: readonly [string, ...string[]], isDurable: boolean): Promise<void> {
    const write: Write = { bytes, part: this.#newPart(), paths, moves: undefined };
    if (isDurable) {
      this.#running.add(write);
    }
    try {
      await writeWhole(join(this.#folder, write.part), bytes, isDurable);
      await this.#prepare(write);
      for (const [from, to] of write.moves ?? []) {
        await rename(join(this.#folder, from), join(this.#folder, to));
      }
    } catch (error) {
      for (const left of [write.part, ...(write.moves ?? []).map(([from]) => from)]) {
        await rm(join(this.#folder, left), { force: true }).catch(() => {});
      }
      throw error;
    } finally {
      this.#running.delete(write);
    }
    for (const path of isDurable ? new Set(paths.map((each) => dirname(each))) : []) {
      await syncFolder(join(this.#folder, path));
    }
  }

  /** Finishes or removes what dead processes have left in `tmp`. */
  async recover(names: readonly string[], live: ReadonlySet<string>): Promise<void> {
    const left = names.filter((name) => !live.has(name.slice(0, 32)));
    const decided = new Set(left.filter((name) => name.includes(ready)).map((name) => name.split(ready)[0]));
    const furtherFirst = [...left].sort((a, b) => Number(a.includes(ready)) - Number(b.includes(ready)));
    for (const name of furtherFirst) {
      const [part, path] = name.split(name.includes(ready) ? ready : further);
      const from = join(this.#folder, 'tmp', name);
      if (path !== undefined && decided.has(part)) {
        await rename(from, join(this.#folder, decodeURIComponent(path))).catch(ignoreMissing);
      } else {
        await rm(from, { force: true });
      }
    }
  }

  /** The process exits: what was begun is finished at once. */
  finishWrites(): void {
    for (const { bytes, part, paths, moves } of this.#running) {
      if (moves === undefined) {
        // The asynchronous write never comes to its renames any more.
        this.#writeNow(bytes, paths);
      } else {
        // Any of these renames may have been made.
        for (const [from, to] of [...decision(part, moves), ...moves]) {
          this.#moveNow(from, to);
        }
      }
    }
    this.#running.clear();
  }

  writeNow(bytes: Uint8Array, paths: readonly string[]): void {
    makeStoreFolder(this.#folder, this.#channels);
    this.#writeNow(bytes, paths);
  }

  #writeNow(bytes: Uint8Array, paths: readonly string[]): void {
    const moves = paths.map((path) => [this.#newPart(), path] as const);
    for (const [part] of moves) {
      const descriptor = openSync(join(this.#folder, part), 'wx', privateFile);
      try {
        for (let written = 0; written < bytes.length; ) {
          written += writeSync(descriptor, bytes, written);
        }
        fdatasyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    }
    for (const [part, path] of moves) {
      this.#moveNow(part, path);
    }
  }

  #moveNow(from: string, to: string): void {
    try {
      renameSync(join(this.#folder, from), join(this.#folder, to));
    } catch (error) {
      ignoreMissing(error);
    }
  }

  /** Makes a whole file ready to go to its places. */
  async #prepare(write: Write): Promise<void> {
    const { part, bytes, paths } = write;
    const [first, ...others] = paths;
    if (others.length === 0) {
      write.moves = [[part, first]];
      return;
    }
    const moves: Move[] = others.map((path) => [`${part}${further}${encodeURIComponent(path)}`, path]);
    for (const [from] of moves) {
      try {
        await link(join(this.#folder, part), join(this.#folder, from));
      } catch {
        await writeWhole(join(this.#folder, from), bytes, true);
      }
    }
    write.moves = [...moves, [`${part}${ready}${encodeURIComponent(first)}`, first]];
    for (const [from, to] of decision(part, write.moves)) {
      await rename(join(this.#folder, from), join(this.#folder, to));
    }
    await syncFolder(join(this.#folder, 'tmp'));
  }

  #newPart(): string {
    return join('tmp', `${this.#owner}.${this.#count++}`);
  }
}

/** The rename by which it is decided that a file goes to all of its places; none where it has one place. */
function decision(part: string, moves: readonly Move[]): Move[] {
  const last = moves.at(-1);
  return moves.length > 1 && last !== undefined ? [[part, last[0]]] : [];
}

async function writeWhole(path: string, bytes: Uint8Array, isDurable: boolean): Promise<void> {
  const handle = await open(path, 'wx', privateFile);
  try {
    await handle.writeFile(bytes);
    if (isDurable) {
      await handle.datasync();
    }
  } finally {
    await handle.close();
  }
}
