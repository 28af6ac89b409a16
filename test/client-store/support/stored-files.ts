import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Names of the files that wait in a store, for all channels. */
export function storedFiles(folder: string): string[] {
  const channels = join(folder, 'channels');
  return !existsSync(channels) ? [] : readdirSync(channels).flatMap((name) => readdirSync(join(channels, name)));
}

/** Names of the files in another folder of a store. */
export function filesIn(folder: string, name: string): string[] {
  const path = join(folder, name);
  return existsSync(path) ? readdirSync(path).sort() : [];
}
