import { describe, expect, test } from 'vitest';
import { checkFileLengths, linesMax } from './check-file-lengths.ts';
import { checkForbiddenText } from './check-forbidden-text.ts';
import { checkImportCycles } from './check-import-cycles.ts';
import { checkImportDirections } from './check-import-directions.ts';
import { checkLayout } from './check-layout.ts';
import { checkLimitTests } from './check-limit-tests.ts';
import { checkProcessAccess } from './check-process-access.ts';
import type { SourceFile } from './source-file.ts';

function source(path: string, ...lines: string[]): SourceFile {
  return { path, text: `${lines.join('\n')}\n` };
}

function found(check: (files: SourceFile[]) => { file: string; line: number }[], ...files: SourceFile[]): string[] {
  return check(files).map(({ file, line }) => `${file}:${line}`);
}

describe('import directions', () => {
  const allowed = [
    source('client/src/a.ts', "import { x } from '@telemetry/gen';", "import y from './b.ts';", "import 'node:fs';"),
    source('collector/src/a.ts', "export * from '@telemetry/warehouse';", "import z from '../../gen/src/index.ts';"),
    source(
      'test/client/a.test.ts',
      "import c from '../../client/src/index.ts';",
      "import d from '@telemetry/collector';",
    ),
  ];

  test('passes what points the right way', () => {
    expect(found(checkImportDirections, ...allowed)).toEqual([]);
  });

  test.each([
    ['collector/src/a.ts', "import { log } from '@telemetry/client';"],
    ['collector/src/a.ts', "import type { Log } from '@telemetry/client/node';"],
    ['collector/src/deep/a.ts', "import { log } from '../../../client/src/index.ts';"],
    ['collector/src/a.ts', "const client = await import('@telemetry/client');"],
    ['client/src/a.ts', "export { open } from '@telemetry/warehouse';"],
    ['client/src/a.ts', "import '../../collector/src/index.ts';"],
    ['warehouse/src/a.ts', "import { serve } from '@telemetry/collector';"],
    ['gen/src/a.ts', "import { log } from '@telemetry/client';"],
    ['client/src/a.ts', "import {\n  one,\n  two,\n} from '../../test/golden/registry.ts';"],
    ['client/src/a.ts', 'const module = await import(name);'],
  ])('finds in %s: %s', (path, line) => {
    expect(checkImportDirections([source(path, '', line)])).toHaveLength(1);
  });

  test('is not fooled by comments and texts', () => {
    const file = source(
      'collector/src/a.ts',
      "// import { log } from '@telemetry/client';",
      "/* import('@telemetry/client') */",
      'const help = "import { log } from \'@telemetry/client\'";',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: source code as text
      "const quote = /['\"]/; const more = `from '@telemetry/client' ${help}`;",
    );
    expect(found(checkImportDirections, file)).toEqual([]);
  });

  test('sees code between the texts', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source code as text
    const file = source('collector/src/a.ts', "const text = `${await import('@telemetry/client')} // ${1 / 2}`;");
    expect(found(checkImportDirections, file)).toEqual(['collector/src/a.ts:1']);
  });
});

describe('import cycles between folders', () => {
  const spool = source('collector/src/spool/a.ts', "import { l } from '../limits.ts';");
  const entry = source('collector/src/index.ts', "export * from './spool/a.ts';");

  test('passes a tree, and files of src that stand for themselves', () => {
    expect(found(checkImportCycles, spool, entry, source('collector/src/limits.ts', 'export const l = 1;'))).toEqual(
      [],
    );
  });

  test('finds two folders that need each other, at both ends', () => {
    const load = source('collector/src/load/b.ts', '', "import { a } from '../spool/a.ts';");
    const back = source('collector/src/spool/c.ts', "import type { B } from '../load/b.ts';");
    expect(found(checkImportCycles, load, back)).toEqual(['collector/src/load/b.ts:2', 'collector/src/spool/c.ts:1']);
  });

  test('finds a long circle, and one through the entry point', () => {
    const one = source('client/src/a/x.ts', "import '../b/y.ts';");
    const two = source('client/src/b/y.ts', "import '../c/z.ts';");
    const three = source('client/src/c/z.ts', "import '../a/x.ts';");
    expect(checkImportCycles([one, two, three])).toHaveLength(3);
    expect(checkImportCycles([entry, source('collector/src/spool/a.ts', "import '../index.ts';")])).toHaveLength(2);
  });

  test('takes a folder and the ones inside it for one thing, and those inside for two', () => {
    const outer = source('client/src/a/all.ts', "import './one/x.ts';", "import './two/y.ts';");
    const one = source('client/src/a/one/x.ts', "import '../shared.ts';");
    const two = source('client/src/a/two/y.ts', "import '../one/x.ts';");
    expect(found(checkImportCycles, outer, one, two)).toEqual([]);
    const back = source('client/src/a/one/z.ts', "import '../two/y.ts';");
    expect(found(checkImportCycles, outer, one, two, back)).toEqual([
      'client/src/a/one/z.ts:1',
      'client/src/a/two/y.ts:1',
    ]);
  });

  test('leaves files of one folder to themselves', () => {
    const one = source('client/src/a/x.ts', "import './y.ts';");
    expect(found(checkImportCycles, one, source('client/src/a/y.ts', "import './x.ts';"))).toEqual([]);
  });
});

describe('process access', () => {
  const reads = 'const port = process.env.PORT;';

  test.each([
    'collector/src/main.ts',
    'warehouse/src/warehouse-main.ts',
    'collector/src/command/serve.ts',
    'test/a.test.ts',
  ])('is free in %s', (path) => {
    expect(found(checkProcessAccess, source(path, reads, 'process.exit(1);'))).toEqual([]);
  });

  test.each([reads, 'process.exit(1);', "process['env']", 'process?.env', "import { env } from 'node:process';"])(
    'finds %s',
    (line) => {
      expect(found(checkProcessAccess, source('client/src/domain.ts', '', line))).toEqual(['client/src/domain.ts:2']);
    },
  );

  test('passes other parts of process, and prose', () => {
    const file = source(
      'client/src/a.ts',
      'process.exitCode = 1; process.environment;',
      '// process.env',
      "'process.exit(1)'",
    );
    expect(found(checkProcessAccess, file)).toEqual([]);
  });
});

describe('lengths, layout and text', () => {
  test('finds the line too many, and not in generated code', () => {
    const lines = Array.from({ length: linesMax }, () => '// line');
    expect(found(checkFileLengths, source('client/src/a.ts', ...lines))).toEqual([]);
    expect(found(checkFileLengths, source('client/src/a.ts', ...lines, ''))).toEqual(['client/src/a.ts:0']);
    expect(found(checkFileLengths, source('gen/src/generated/a.ts', ...lines, ''))).toEqual([]);
  });

  test('finds what does not belong at the root', () => {
    const fine = ['.ci/run', '.gitignore', 'README.md', 'test/a.ts'].map((path) => source(path));
    expect(found(checkLayout, ...fine, source('docs/a.md'), source('notes.txt'))).toEqual([
      'docs/a.md:0',
      'notes.txt:0',
    ]);
  });

  // Put together here, so that the rules do not find them in this file.
  const machinePath = ['', 'home', 'me', 'code'].join('/');
  test.each([
    ['client/README.md', `run it in ${machinePath}`],
    ['client/src/a.ts', `const root = '${machinePath}';`],
    ['client/src/a.ts', `// TO${'DO'}: later`],
    ['client/src/a.ts', `/* FIX${'ME'} */`],
    ['client/src/a.ts', `${'<'.repeat(7)} ours`],
    ['package-lock.json', '      "resolved": "https://npm.example.com/x/-/x-1.0.0.tgz",'],
    ['client/.npmrc', 'registry=https://npm.example.com/'],
  ])('finds in %s: %s', (path, line) => {
    expect(found(checkForbiddenText, source(path, '', line))).toEqual([`${path}:2`]);
  });

  test('passes text that looks alike', () => {
    const fine = [
      source('README.md', 'see https://example.com/home/page and ./work/here, a/home/b'),
      source('package-lock.json', '      "resolved": "client",'),
      source('.npmrc', '# registry=none', 'fund=false'),
    ];
    expect(found(checkForbiddenText, ...fine)).toEqual([]);
  });
});

describe('tests of limits', () => {
  const limits = (...names: string[]) =>
    source('proto/telemetry/v1/limits.proto', ...names.map((name) => `  optional uint32 ${name} = 1;`));
  const messages = (...files: SourceFile[]) => checkLimitTests(files).map(({ message }) => message);

  test('finds a limit that nothing tests, one whose test is gone, and a test whose limit is gone', () => {
    const found = messages(limits('seq_max', 'new_max'), source('test/collector/admission/limits.test.ts', 'it()'));
    expect(found).toContainEqual(expect.stringContaining('new_max: where is its test'));
    expect(found).toContainEqual(expect.stringMatching(/^seq_max: .* has no test 'holds the largest number'/));
    expect(found).toContainEqual(expect.stringContaining('stack_bytes_max is no limit of'));
  });

  test('passes a limit whose test is there', () => {
    const test = source('test/collector/admission/limits.test.ts', "it('holds the largest number, in events')");
    expect(messages(limits('seq_max'), test).filter((message) => message.startsWith('seq_max'))).toEqual([]);
  });
});
