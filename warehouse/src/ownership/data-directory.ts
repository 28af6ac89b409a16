import { accessSync, chmodSync, constants, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WarehouseError } from '../warehouse-error.ts';
import { OwnerLock } from './owner-lock.ts';
import { makePrivateFolder } from './private-folder.ts';

/** A data directory that this process owns. */
export type DataDirectory = {
  readonly path: string;
  /** The engine's files. */
  readonly enginePath: string;
  /** Insert bodies and result pipes; emptied at every start. */
  readonly temporaryPath: string;
  /** Data that other processes of this user hand over; emptied likewise. */
  readonly handoverPath: string;
  readonly lock: OwnerLock;
};

/** The engine expands these in file names, and would then silently insert nothing (measured). */
const GLOB = /[*?{}[\]]/;
const PRIVATE = 0o700;

/**
 * Makes sure of a data directory: created if need be, private, writable, and owned by this process alone.
 *
 * @throws WarehouseError `data-dir-unusable` or `data-dir-locked`, naming the path and the remedy.
 */
export function openDataDirectory(dataDir: string, now: Date): DataDirectory {
  const path = resolve(dataDir);
  if (GLOB.test(path)) {
    throw unusable(path, 'its path contains one of * ? { } [ ], which the engine takes for a pattern', undefined);
  }
  try {
    // The engine's folders lie deeper, thousands of them, below one that is closed.
    makePrivateFolder(path, 1);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const lock = OwnerLock.acquire(path, now);
    const temporaryPath = join(path, 'tmp');
    const handoverPath = join(temporaryPath, 'handover');
    const directory = { path, enginePath: join(path, 'engine'), temporaryPath, handoverPath, lock };
    try {
      // Left over from a process that was killed: nobody can be using it, since the lock is ours.
      rmSync(directory.temporaryPath, { recursive: true, force: true });
      for (const inner of [directory.enginePath, temporaryPath, handoverPath]) {
        mkdirSync(inner, { recursive: true, mode: PRIVATE });
        chmodSync(inner, PRIVATE);
      }
    } catch (error) {
      lock.release();
      throw error;
    }
    return directory;
  } catch (error) {
    if (error instanceof WarehouseError) throw error;
    throw unusable(path, reason(error), error);
  }
}

function unusable(path: string, why: string, cause: unknown): WarehouseError {
  return new WarehouseError(
    'data-dir-unusable',
    `The data directory ${path} cannot be used: ${why}. Choose another one (TELEMETRY_DATA_DIR), or mend this one: it ` +
      'must be a directory that this user may read and write.',
    { cause },
  );
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EEXIST: 'it is a file, not a directory',
  ENOTDIR: 'a part of its path is a file, not a directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its path is too long',
};

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
