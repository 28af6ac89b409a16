import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, makeStoreFolder, privateFile } from './folder-files.ts';

/** Where it lies in the folder of a store. A denial of the consent removes it: whoever agrees again later is not known again. */
export const installIdPath = 'state/install-id';

/**
 * The random id of this installation: made by the first process that asks, the same for all that share the folder. Where the folder cannot be
 * used, or somebody has denied the consent, it is the process's own, and nothing is written.
 *
 * @param ownId random, for the case that there is none yet.
 */
export function installId(folder: string, ownId: string): string {
  const path = join(folder, installIdPath);
  try {
    if (isDenied(folder)) {
      return ownId;
    }
    makeStoreFolder(folder, []);
    return read(path) ?? make(path, ownId);
  } catch {
    return ownId;
  }
}

function isDenied(folder: string): boolean {
  return readText(join(folder, 'state/consent'))?.includes('denied') ?? false;
}

/** Undefined: there is none, or it is none; a machine that crashed may have left it empty. */
function read(path: string): string | undefined {
  const text = readText(path);
  return text !== undefined && /^[0-9a-f]{32}$/.test(text) ? text : undefined;
}

/** Whole or not at all: it gets its name once it is written, and of several processes that try, one gives it. */
function make(path: string, ownId: string): string {
  const draft = `${path}.${ownId}`;
  writeFileSync(draft, ownId, { flag: 'wx', mode: privateFile });
  try {
    if (!isLinked(draft, path)) {
      const others = read(path);
      if (others !== undefined) {
        return others;
      }
      unlinkSync(path);
      linkSync(draft, path);
    }
    return ownId;
  } finally {
    unlinkSync(draft);
  }
}

/** False: there is a file of that name. */
function isLinked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      return false;
    }
    throw error;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}
