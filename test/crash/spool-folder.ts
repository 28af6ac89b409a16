import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const segmentName = /\.segment\.gz$/;
/** Whatever holds batches that are to be loaded, under whichever name and in whichever folder. */
const batchFileName = /\.gz$/;
const quarantineFolder = /\bquarantine\b/;

/**
 * Paths of the files in a collector's data folder that are not loaded yet; what is in quarantine never will be. Where none is found it looks once
 * more: a segment that is moved to the careful folder between the listing of that one and of its own is in neither.
 */
export async function filesToLoad(collectorFolder: string): Promise<string[]> {
  const found = await batchFiles(collectorFolder);
  return found.length > 0 ? found : batchFiles(collectorFolder);
}

async function batchFiles(collectorFolder: string): Promise<string[]> {
  const names = await readdir(collectorFolder, { recursive: true }).catch(noFolder);
  return names.filter((name) => batchFileName.test(name) && !quarantineFolder.test(name)).sort();
}

/** Age of a collector's oldest segment in milliseconds; undefined where there is none. */
export async function oldestSegmentAgeMs(collectorFolder: string): Promise<number | undefined> {
  const segmentFolder = join(collectorFolder, 'spool', 'segments');
  const names = await readdir(segmentFolder).catch(noFolder);
  const oldest = names.filter((name) => segmentName.test(name)).sort()[0];
  if (oldest === undefined) return undefined;
  try {
    return Date.now() - (await stat(join(segmentFolder, oldest))).birthtimeMs;
  } catch {
    // Loaded and deleted meanwhile.
    return undefined;
  }
}

function noFolder(error: NodeJS.ErrnoException): string[] {
  // Not made yet.
  if (error.code === 'ENOENT') return [];
  throw error;
}
