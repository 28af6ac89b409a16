import { posix } from 'node:path';
import { type Finding, lineAt } from './finding.ts';
import type { SourceFile } from './source-file.ts';

interface Rule {
  /** Written so that the rule does not match itself. */
  pattern: RegExp;
  message: string;
  /** Only files of these names; all when not given. */
  names?: readonly string[];
}

const rules: readonly Rule[] = [
  {
    pattern: /(?<![\w.:~-])\/(?:work|home|root|Users)\/[\w.-]+/g,
    message: 'a path of somebody’s machine: make it relative, or take it from the environment',
  },
  {
    pattern: /(?<!\w)[A-Z]:\\{1,2}(?:Users|work)\\/g,
    message: 'a path of somebody’s machine: make it relative, or take it from the environment',
  },
  { pattern: /\b(?:TOD[O]|FIXM[E]|XX[X])\b/g, message: 'unfinished: do it, or write an issue' },
  { pattern: /^(?:<{7}|>{7}|={7})(?: |$)/gm, message: 'left over from a merge' },
  {
    pattern: /"resolved": "(?!(?:client|collector|gen|warehouse)")[^"]*"/g,
    message: 'the lock names where a package was fetched: write it with --omit-lockfile-registry-resolved',
    names: ['package-lock.json'],
  },
  {
    pattern: /^[^#;\n]*(?:registry|_auth\w*|password)\s*=.*$/gm,
    message: 'a registry or its key belongs into the user’s own configuration',
    names: ['.npmrc'],
  },
];

/** Text that must not be in the repository: see the rules above. */
export function checkForbiddenText(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => rules.filter((rule) => applies(rule, file)).flatMap((rule) => matches(rule, file)));
}

function applies(rule: Rule, file: SourceFile): boolean {
  return rule.names === undefined || rule.names.includes(posix.basename(file.path));
}

function matches(rule: Rule, file: SourceFile): Finding[] {
  return [...file.text.matchAll(rule.pattern)].map((match) => ({
    file: file.path,
    line: lineAt(file.text, match.index),
    message: `${match[0].trim()} — ${rule.message}`,
  }));
}
