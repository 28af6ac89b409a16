import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ACCESS_KEYS_FILE_BYTES_MAX } from '../limits.ts';
import { AccessError } from './access-error.ts';
import type { AccessKey } from './access-key.ts';
import { parseKeys, serializeKeys } from './key-list.ts';

const PRIVATE = 0o600;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Reads the file of keys. A file that is not there holds none.
 *
 * @throws AccessError when it is not a file of keys, or others than its owner may write it.
 */
export function readKeyFile(path: string): readonly AccessKey[] {
  let text: string;
  try {
    const { mode, size } = statSync(path);
    if ((mode & WRITABLE_BY_OTHERS) !== 0) {
      throw new AccessError(`The file of keys ${path} can be written by others. Run \`chmod 600 ${path}\`.`);
    }
    if (size > ACCESS_KEYS_FILE_BYTES_MAX) {
      throw new AccessError(`The file of keys ${path} is larger than ${ACCESS_KEYS_FILE_BYTES_MAX} bytes.`);
    }
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof AccessError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    // Where its folder cannot be, whoever opens that says so.
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new AccessError(`The file of keys ${path} cannot be read (${message}).`, { cause });
  }
  try {
    return parseKeys(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const message = `The file of keys ${path} is broken (${detail}). Restore it, or make keys anew with \`telemetry keys add\`.`;
    throw new AccessError(message, { cause });
  }
}

/** Replaces the file of keys: whoever reads it finds the old keys or the new ones, after a crash too. */
export function writeKeyFile(path: string, keys: readonly AccessKey[]): void {
  const temporary = `${path}.new`;
  try {
    // Left over from a crash: whoever writes holds the lock.
    rmSync(temporary, { force: true });
    writeFileSync(temporary, serializeKeys(keys), { mode: PRIVATE, flag: 'wx', flush: true });
    renameSync(temporary, path);
    flushFolder(dirname(path));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new AccessError(`The file of keys ${path} cannot be written (${detail}).`, { cause });
  }
}

function flushFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
