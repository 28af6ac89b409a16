import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE_NAME = 'collector-id';
const PATTERN = /^[0-9a-f]{16}$/;

/** Whether a collector has been started here before. */
export async function hasCollectorId(dataDir: string): Promise<boolean> {
  return (await readdir(dataDir)).includes(FILE_NAME);
}

/** The collector's own name: random, made at the first start, kept with its data. */
export async function readOrMakeCollectorId(dataDir: string): Promise<string> {
  const path = join(dataDir, FILE_NAME);
  try {
    const id = (await readFile(path, 'utf8')).trim();
    if (PATTERN.test(id)) return id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const id = randomBytes(8).toString('hex');
  await writeFile(path, `${id}\n`, { mode: 0o600, flush: true });
  return id;
}
