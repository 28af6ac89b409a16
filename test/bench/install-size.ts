/**
 * How much an application installs with the client: the packed packages, installed by npm into an empty folder. Prints the size, the
 * packages, and fails when the database engine is among them. `--json` prints one line. Run `npm run pack` before.
 */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'telemetry-install-size-'));

/** Sizes of files, not of disk blocks, so that the figure is the same on every file system. */
function sizeBytesOf(path: string): number {
  const info = lstatSync(path);
  if (!info.isDirectory()) return info.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeBytesOf(join(path, name)), 0);
}

function installedPackages(): { name: string; sizeBytes: number }[] {
  const modules = join(folder, 'node_modules');
  const names = readdirSync(modules).flatMap((name) => {
    if (name.startsWith('.')) return [];
    return name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name];
  });
  const packages = names.map((name) => ({ name, sizeBytes: sizeBytesOf(join(modules, name)) }));
  return packages.sort((a, b) => b.sizeBytes - a.sizeBytes);
}

try {
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const packed = ['gen', 'client'].map((name) => join(root, '.pack', `${name}.tgz`));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', ...packed], { cwd: folder, stdio: 'inherit' });
  const packages = installedPackages();
  const totalBytes = packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const installMb = Math.round(totalBytes / 10_000) / 100;
  const engines = packages.filter(({ name }) => /chdb|clickhouse/.test(name));
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ install_mb: installMb, packages: packages.length })}\n`);
  } else {
    for (const { name, sizeBytes } of packages) {
      process.stdout.write(`${(sizeBytes / 1e6).toFixed(2).padStart(8)} MB  ${name}\n`);
    }
    process.stdout.write(`${installMb.toFixed(2).padStart(8)} MB  in ${packages.length} packages\n`);
  }
  if (engines.length > 0) {
    process.stderr.write(`the client pulls in ${engines.map(({ name }) => name).join(', ')}\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
