import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromJsonString, toJsonString } from '@bufbuild/protobuf';
import { type Blacklist, BlacklistSchema } from '@telemetry/gen';

/**
 * The last known good list on disk, as JSON, which an operator can read. Undefined when there is none.
 *
 * @throws when the file cannot be read or is not a list
 */
export async function readBlacklistFile(path: string): Promise<Blacklist | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return fromJsonString(BlacklistSchema, text, { ignoreUnknownFields: true });
}

/** Replaces the list on disk: at every moment, a crash included, the file is the old list or the new one. */
export async function writeBlacklistFile(path: string, list: Blacklist): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${toJsonString(BlacklistSchema, list)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
