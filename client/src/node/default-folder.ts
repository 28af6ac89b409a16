import { createHash } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { folderProductLengthMax } from '../limits.ts';

/** Digits of the hash of the product, whose name may have been cut, and the endpoint: enough to tell a handful apart. */
const endpointDigits = 8;

/**
 * The folder that the processes of a product share where the application names none: of this account alone, under the system's temporary folder.
 * Another for each endpoint, since whoever holds the folder sends what is in it: what was logged for a test system must not reach another one.
 */
export function defaultStoreFolder(product: string, endpoint: string): string {
  const name = encodeURIComponent(product).replaceAll('*', '%2A').slice(0, folderProductLengthMax);
  const account = process.getuid?.() ?? encodeURIComponent(userInfo().username);
  const where = createHash('sha256').update(`${product}\n${endpoint}`).digest('hex').slice(0, endpointDigits);
  return join(tmpdir(), `telemetry-${account}-${name}-${where}`);
}
