import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StartError } from './start-error.ts';

/** Private: what users did is nobody else's business. */
const MODE = 0o700;

/** Makes the data directory with what is missing above it. Throws `StartError` when that is not possible. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await makeWithParents(folder);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `TELEMETRY_DATA_DIR / --data-dir: ${folder} cannot be used (${detail}). Choose a folder that you may write to.`,
      cause,
    );
  }
}

/** Not `recursive: true`: below a folder that cannot have folders, such as /proc, Node tries that for ever (measured, Node 24). */
async function makeWithParents(folder: string): Promise<void> {
  const parent = dirname(folder);
  try {
    await mkdir(folder, { mode: MODE });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && parent !== folder) {
      await makeWithParents(parent);
      await mkdir(folder, { mode: MODE });
    } else if (code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
  }
}
