/**
 * How much an application installs with the client: the packed packages, installed by npm into an empty folder. Prints the size, the
 * packages, and fails when the database engine is among them. `--json` prints one line. Run `npm run pack` before.
 */
import { join } from 'node:path';
import { installSizeOf } from './client/install-size-of.ts';

const packed = ['gen', 'client'].map((name) => join(import.meta.dirname, '../../.pack', `${name}.tgz`));
const packages = installSizeOf(packed);
const totalBytes = packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
const installMb = Math.round(totalBytes / 10_000) / 100;
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ install_mb: installMb, packages: packages.length })}\n`);
} else {
  for (const { name, sizeBytes } of packages) {
    process.stdout.write(`${(sizeBytes / 1e6).toFixed(2).padStart(8)} MB  ${name}\n`);
  }
  process.stdout.write(`${installMb.toFixed(2).padStart(8)} MB  in ${packages.length} packages\n`);
}
const engines = packages.filter(({ name }) => /chdb|clickhouse/.test(name));
if (engines.length > 0) {
  process.stderr.write(`the client pulls in ${engines.map(({ name }) => name).join(', ')}\n`);
  process.exitCode = 1;
}
