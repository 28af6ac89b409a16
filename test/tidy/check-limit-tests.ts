import { clientLimitTests } from './client-limit-tests.ts';
import type { Finding } from './finding.ts';
import { collectorLimitTests, type LimitTest, protocolLimitTests, warehouseLimitTests } from './limit-tests.ts';
import type { SourceFile } from './source-file.ts';

/** A file with limits, how a limit stands in it, and where each is tested. */
const sources: readonly { path: string; limit: RegExp; tests: Record<string, LimitTest>; listPath?: string }[] = [
  {
    path: 'client/src/limits.ts',
    limit: /^export (?:const|function) (\w+)/gm,
    tests: clientLimitTests,
    listPath: 'test/tidy/client-limit-tests.ts',
  },
  { path: 'collector/src/limits.ts', limit: /^export (?:const|function) (\w+)/gm, tests: collectorLimitTests },
  { path: 'warehouse/src/limits.ts', limit: /^export (?:const|function) (\w+)/gm, tests: warehouseLimitTests },
  { path: 'proto/telemetry/v1/limits.proto', limit: /^ {2}optional \w+ (\w+) =/gm, tests: protocolLimitTests },
];

/** Every limit has a test at, below and above it, which is there under the title that `limit-tests.ts` gives. */
export function checkLimitTests(files: readonly SourceFile[]): Finding[] {
  return sources.flatMap(({ path, limit, tests, listPath = 'test/tidy/limit-tests.ts' }) => {
    const source = files.find((file) => file.path === path);
    if (source === undefined) return [];
    const names = new Map(
      [...source.text.matchAll(limit)].map((match) => [match[1] ?? '', lineAt(source.text, match.index)]),
    );
    const findings: Finding[] = [];
    for (const [name, line] of names) {
      const test = tests[name];
      if (test === undefined) {
        const message = `${name}: where is its test at, below and above it? Write it, and name it in ${listPath}`;
        findings.push({ file: path, line, message });
      } else if (!('none' in test) && !holdsTest(files, test)) {
        findings.push({ file: path, line, message: `${name}: ${test[0]} has no test '${test[1]}'` });
      }
    }
    for (const name of Object.keys(tests)) {
      if (!names.has(name)) {
        findings.push({
          file: listPath,
          line: 0,
          message: `${name} is no limit of ${path} any more`,
        });
      }
    }
    return findings;
  });
}

function holdsTest(files: readonly SourceFile[], [path, title]: readonly [string, string]): boolean {
  return files.find((file) => file.path === path)?.text.includes(title) ?? false;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
