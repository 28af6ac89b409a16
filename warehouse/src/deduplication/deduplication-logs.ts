import { closeSync, fsyncSync, globSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { glob, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MendedLog } from './mend-log.ts';
import { mendDeduplicationLog } from './mend-log.ts';
import { parsePartName } from './part-name.ts';

/** One log that had to be mended. */
export interface LogRepair extends Pick<MendedLog, 'removed'> {
  /** The file. */
  readonly path: string;
}

/**
 * Makes the engine's deduplication logs say the truth again after a crash. To be called before the engine opens its directory.
 *
 * On inserting, the engine notes the token of the insert in the table's log first and moves the part into place second. When the process
 * is killed between the two, the log says that the rows are there while they are not: the retry with the same token is then taken
 * for a duplicate, and the rows are lost for good. (With the kill placed there, every run loses them.) So we take out the records
 * of parts that do not exist. It has to be done before the next insert, which gets the block number of the lost part again and
 * would make the record look true.
 *
 * A record whose part has gone for another reason (it was dropped, or had expired) is taken out as well; then a retry of a load that
 * old would be stored again, and nobody retries one after its rows have expired.
 *
 * @param enginePath the engine's data directory. One that does not exist yet has nothing to mend.
 * @returns what was mended: empty after a clean stop.
 */
export function repairDeduplicationLogs(enginePath: string): LogRepair[] {
  const repairs: LogRepair[] = [];
  for (const path of findLogs(enginePath)) {
    const { text, removed } = mendDeduplicationLog(readFileSync(path, 'utf8'), partsBeside(path));
    if (removed.length === 0) continue;
    replaceFile(path, text, join(enginePath, 'deduplication-log.mended'));
    repairs.push({ path, removed });
  }
  return repairs;
}

/**
 * Flushes the deduplication logs to disk, which the engine never does. To be called after a load and before its sender is told, who then
 * deletes the segment: after a loss of power a deleted segment may be there again, and must still be known.
 */
export async function syncDeduplicationLogs(enginePath: string): Promise<void> {
  const paths = await Array.fromAsync(glob(logPattern, { cwd: enginePath }));
  await Promise.all(paths.map((path) => syncFile(join(enginePath, path))));
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    // The engine has just replaced it by a newer one, which it writes whole.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Tables of a database with engine Atomic are in `store/<first letters>/<uuid>`. */
const logPattern = join('store', '*', '*', 'deduplication_logs', 'deduplication_log_*.txt');

function findLogs(enginePath: string): string[] {
  return globSync(logPattern, { cwd: enginePath }).map((path) => join(enginePath, path));
}

function partsBeside(logPath: string) {
  return readdirSync(dirname(dirname(logPath)))
    .map(parsePartName)
    .filter((part) => part !== undefined);
}

/** In one step, so that a crash here leaves the old log. `mended` is a name outside the log's folder, where the engine reads every file. */
function replaceFile(path: string, text: string, mended: string): void {
  const file = openSync(mended, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(mended, path);
}
