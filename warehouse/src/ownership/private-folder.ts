import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderWithParents } from './make-folder-with-parents.ts';

/** Private: what users did is nobody else's business. */
const PRIVATE = 0o700;
const OF_OTHERS = 0o077;

/**
 * Makes a folder that only its user can enter, with what is missing above it. One that is there and can be entered by others, as an earlier
 * version, a copy or a hand has left it, is closed, and so are the folders in it: no file in them can be reached then, whatever its mode.
 *
 * @param levels how deep to look for folders in it
 * @throws the file system's own errors; EPERM when it is another user's.
 */
export function makePrivateFolder(folder: string, levels: number): void {
  if (makeFolderWithParents(folder, PRIVATE)) return;
  close(folder, levels);
}

function close(folder: string, levels: number): void {
  const { mode } = statSync(folder);
  if ((mode & OF_OTHERS) !== 0) chmodSync(folder, PRIVATE);
  if (levels === 0) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) close(join(folder, entry.name), levels - 1);
  }
}
