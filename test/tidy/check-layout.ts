import type { Finding } from './finding.ts';
import { type SourceFile, topFolder } from './source-file.ts';

const folders = ['proto', 'gen', 'client', 'collector', 'warehouse', 'test'];

const rootFiles = [
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'NOTICE',
  'README.md',
  'SECURITY.md',
  'biome.json',
  'buf.gen.yaml',
  'buf.lock',
  'buf.yaml',
  'knip.json',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

/** The root holds the packages, the protocol, the tests, what tools want there, and nothing else that is not hidden. */
export function checkLayout(files: readonly SourceFile[]): Finding[] {
  const tops = new Map(files.map((file) => [topFolder(file.path) || file.path, file.path]));
  const findings: Finding[] = [];
  for (const [top, path] of tops) {
    const isFolder = top !== path;
    if (!top.startsWith('.') && !(isFolder ? folders : rootFiles).includes(top)) {
      const message = isFolder
        ? `the folder ${top} is none of ${folders.join(', ')}`
        : 'no file of this name belongs at the root: put it into a folder, or add it to check-layout.ts';
      findings.push({ file: path, line: 0, message });
    }
  }
  return findings;
}
