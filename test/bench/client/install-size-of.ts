import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A package as npm installs it. */
export interface InstalledPackage {
  readonly name: string;
  readonly sizeBytes: number;
}

/**
 * What npm installs into an empty folder for some packages, the largest first. Sizes of files, not of disk blocks, so that the figure is the
 * same on every file system.
 *
 * @param specifiers as npm takes them: names with versions, or packed files.
 */
export function installSizeOf(specifiers: readonly string[]): InstalledPackage[] {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-install-size-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const options = ['--no-audit', '--no-fund', '--silent'];
    execFileSync('npm', ['install', ...options, ...specifiers], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const modules = join(folder, 'node_modules');
    return packageFolders(modules)
      .map((name) => ({ name, sizeBytes: sizeBytesOf(join(modules, name)) }))
      .sort((left, right) => right.sizeBytes - left.sizeBytes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function packageFolders(modules: string): string[] {
  return readdirSync(modules).flatMap((name) => {
    if (name.startsWith('.')) return [];
    return name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name];
  });
}

function sizeBytesOf(path: string): number {
  const info = lstatSync(path);
  if (!info.isDirectory()) return info.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeBytesOf(join(path, name)), 0);
}
