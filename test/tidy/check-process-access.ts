import { posix } from 'node:path';
import { type Finding, lineAt } from './finding.ts';
import { codeOnly, isOwnTypeScript, type SourceFile, topFolder, withoutComments } from './source-file.ts';

/** Where the wiring of the command line lies. */
const wiringFolder = 'collector/src/command/';

const access = /\bprocess\s*(?:\?\.|\.)\s*(env|exit)\b/g;
const bracketAccess = /\bprocess\s*(?:\?\.)?\[\s*['"`](env|exit)['"`]/g;
const namedImport = /\bimport\s*\{[^}]*\b(env|exit)\b[^}]*\}\s*from\s*['"](?:node:)?process['"]/g;

/**
 * The environment is read and the process ended in the wiring only, so that everything else can be used twice in one process and be
 * tested in it. Tests, which start processes and hand them an environment, are free.
 */
export function checkProcessAccess(files: readonly SourceFile[]): Finding[] {
  return files
    .filter((file) => isOwnTypeScript(file) && topFolder(file.path) !== 'test' && !isWiring(file.path))
    .flatMap(checkFile);
}

function isWiring(path: string): boolean {
  return path.startsWith(wiringFolder) || /^(?:.*-)?main\.ts$/.test(posix.basename(path));
}

function checkFile(file: SourceFile): Finding[] {
  const places = [
    ...codeOnly(file).matchAll(access),
    ...[bracketAccess, namedImport].flatMap((pattern) => [...withoutComments(file).matchAll(pattern)]),
  ];
  return places.map((match) => ({
    file: file.path,
    line: lineAt(file.text, match.index),
    message: `process.${match[1]} outside main.ts, *-main.ts and ${wiringFolder}: take it as a parameter`,
  }));
}
