import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder with what is missing above it; returns whether it was missing itself. Not `recursive: true`: below a folder that cannot
 * have folders, such as /proc, Node tries that for ever (measured, Node 24).
 *
 * @throws the file system's own errors.
 */
export function makeFolderWithParents(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(folder);
    if (code === 'ENOENT' && parent !== folder) {
      makeFolderWithParents(parent, mode);
      mkdirSync(folder, { mode });
      return true;
    }
    if (code !== 'EEXIST' || !statSync(folder).isDirectory()) throw error;
    return false;
  }
}
