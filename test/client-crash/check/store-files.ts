import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders in which a file means something that is still to be done. */
const busyFolders = ['channels', 'tmp', 'outcomes', 'producers'];

/** Files of a store that wait, be it for a collector or for their process, but for those of one producer. */
export async function filesThatWait(folder: string, exceptProducer = ''): Promise<string[]> {
  const found: string[] = [];
  for (const busy of busyFolders) {
    const names = await readdir(join(folder, busy), { recursive: true, withFileTypes: true }).catch(noFolder);
    found.push(...names.filter((entry) => !entry.isDirectory()).map(({ name }) => `${busy}/${name}`));
  }
  return found.filter((name) => exceptProducer === '' || !name.includes(exceptProducer));
}

/** Files that were set aside: none is corrupt when only processes die. */
export async function filesSetAside(folder: string): Promise<string[]> {
  return readdir(join(folder, 'quarantine')).catch(noFolder);
}

function noFolder(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
