import { open } from 'node:fs/promises';

/** Makes creations, renames and deletions in a folder survive a crash of the machine: a file's own fsync does not. */
export async function flushDirectory(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
