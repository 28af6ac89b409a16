import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { tryLock } from 'fs-native-extensions';
import { ACCESS_KEYS_LOCK_TIMEOUT_MS } from '../limits.ts';
import { makeFolderWithParents } from '../ownership/make-folder-with-parents.ts';
import { AccessError } from './access-error.ts';
import type { AccessKey } from './access-key.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';

const LOCK_RETRY_MS = 20;

/**
 * Changes the file of keys under a lock, so that two changes at the same time are both made.
 *
 * @throws AccessError when the file is broken, or cannot be written or locked.
 */
export async function changeKeys(
  path: string,
  change: (keys: readonly AccessKey[]) => readonly AccessKey[],
): Promise<void> {
  const fd = openLock(path);
  try {
    const deadlineMs = performance.now() + ACCESS_KEYS_LOCK_TIMEOUT_MS;
    while (!tryLock(fd)) {
      if (performance.now() > deadlineMs)
        throw new AccessError(`The file of keys ${path} is being changed by another.`);
      await setTimeout(LOCK_RETRY_MS);
    }
    writeKeyFile(path, change(readKeyFile(path)));
  } finally {
    // Takes the lock with it.
    closeSync(fd);
  }
}

function openLock(path: string): number {
  try {
    makeFolderWithParents(dirname(path), 0o700);
    return openSync(`${path}.lock`, 'a', 0o600);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new AccessError(`The file of keys ${path} cannot be written (${detail}).`, { cause });
  }
}
