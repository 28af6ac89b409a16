import { join } from 'node:path';
import { Option } from 'commander';

/** Name of the file of keys in the data directory, when nothing else is said. */
const KEYS_FILE = 'access-keys.json';

/** Where keys are kept. */
export interface KeysFileOptions {
  readonly dataDir: string;
  readonly keysFile?: string;
}

export const keysFileOption = () =>
  new Option('--keys-file <file>', `where keys are kept, hashed (default: ${KEYS_FILE} in the data directory)`).env(
    'TELEMETRY_KEYS_FILE',
  );

/** The file of keys, which collector and warehouse share. */
export function keysFileOf({ dataDir, keysFile }: KeysFileOptions): string {
  return keysFile ?? join(dataDir, KEYS_FILE);
}
