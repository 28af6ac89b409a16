import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What users did is nobody else's business. */
export const privateFolder = 0o700;
export const privateFile = 0o600;

/** Folders of a store that are always there. */
const folders = ['channels', 'confirmations', 'outcomes', 'producers', 'quarantine', 'state', 'tmp'];

/**
 * Makes the folder of a store, and makes sure that it is this user's own and closed to others: the folder above it is often open to all.
 *
 * @throws Error where it cannot be made, or is somebody else's.
 */
export function makeStoreFolder(folder: string, channels: readonly string[]): void {
  makeFolder(folder);
  const status = lstatSync(folder);
  if (!status.isDirectory()) {
    throw new Error(`${folder} is not a folder`);
  }
  const user = process.getuid?.();
  if (user !== undefined && status.uid !== user) {
    throw new Error(`${folder} belongs to another user`);
  }
  if (user !== undefined && (status.mode & 0o077) !== 0) {
    chmodSync(folder, privateFolder);
  }
  for (const name of [...folders, ...channels]) {
    makeFolder(join(folder, name));
  }
}

/** Not `recursive: true`: below a folder that cannot have folders, such as /proc, Node tries that for ever (measured, Node 24). */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: privateFolder });
  } catch (error) {
    const parent = dirname(folder);
    if (hasCode(error, 'ENOENT') && parent !== folder) {
      makeFolder(parent);
      mkdirSync(folder, { mode: privateFolder });
    } else if (!hasCode(error, 'EEXIST')) {
      throw error;
    }
  }
}

/** Makes creations, renames and removals in a folder survive a crash of the machine, where the system can. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Windows opens no folders, and needs no flush of them. Elsewhere the file is there for every process; a disk that fails at this fails at the next write.
    if (!hasCode(error, 'EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'EBADF')) {
      throw error;
    }
  }
}

/** Whether a failure of the file system is one of these. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** What a file operation gives; a fallback where the file is not there. */
export async function orMissing<Value, Fallback>(
  operation: Promise<Value>,
  fallback: Fallback,
): Promise<Value | Fallback> {
  try {
    return await operation;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return fallback;
    }
    throw error;
  }
}

/** Rethrows any failure but that a file is not there. */
export function ignoreMissing(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) {
    throw error;
  }
}
