import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Bytes of a file name that the product may take. */
const productLengthMax = 64;

/** The folder that the processes of a product share where the application names none: of this account alone, under the system's temporary folder. */
export function defaultStoreFolder(product: string): string {
  const name = encodeURIComponent(product).replaceAll('*', '%2A').slice(0, productLengthMax);
  const account = process.getuid?.() ?? encodeURIComponent(userInfo().username);
  return join(tmpdir(), `telemetry-${account}-${name}`);
}
