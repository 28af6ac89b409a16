import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { createTelemetry } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';
import { describe, expect, onTestFinished, test } from 'vitest';
import { fingerprint } from '../../client/src/fault/fingerprint.ts';
import { hash64 } from '../../client/src/fault/hash64.ts';
import { faultCausesMax, fingerprintFramesMax } from '../../client/src/limits.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** An error as some engine made it. */
function errorWith(
  stack: string,
  { name = 'TypeError', message = 'x is undefined', cause = undefined as unknown } = {},
) {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  Object.defineProperties(error, { name: { value: name }, stack: { value: stack } });
  return error;
}

const of = (...args: Parameters<typeof errorWith>) => fingerprint(errorWith(...args));

/** What a fault of an exporter looks like in V8, under Linux, awaited. */
const v8 = `TypeError: Cannot read properties of undefined (reading 'x')
    at writePage (/opt/editor/dist/export/pdf.js:120:15)
    at Array.map (<anonymous>)
    at PdfExporter.run (/opt/editor/dist/export/exporter.js:44:9)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)
    at async main (/opt/editor/dist/main.js:9:3)`;

const spiderMonkey = `writePage@https://editor.example/assets/pdf.js:1:2345
run@https://editor.example/assets/exporter.js:44:9
async*main@https://editor.example/assets/main.js:9:3
`;

const javaScriptCore = `writePage@https://editor.example/assets/pdf.js:1:2345
map@[native code]
run@https://editor.example/assets/exporter.js:44:9
asyncFunctionResume@[native code]
main@https://editor.example/assets/main.js:9:3
promiseReactionJob@[native code]`;

describe('a fault has one fingerprint', () => {
  test('in V8, SpiderMonkey and JavaScriptCore', () => {
    expect(of(v8)).toMatch(/^1-[0-9a-f]{16}$/);
    expect(of(spiderMonkey)).toBe(of(v8));
    expect(of(javaScriptCore)).toBe(of(v8));
  });

  test('that never changes, since it is kept for years', () => {
    expect(of(v8)).toBe('1-88ac0cd52f8d5230');
  });

  test.each([
    ['with other lines, as in another version', v8.replace(/:\d+:\d+/g, ':7:1')],
    ['installed elsewhere', v8.replaceAll('/opt/editor/', '/Applications/Editor 5.app/Contents/Resources/app.asar/')],
    [
      'under Windows',
      v8.replaceAll('/opt/editor/', 'C:\\Program Files (x86)\\Editor\\').replace(/(?<=dist.*)\//g, '\\'),
    ],
    ['as modules by address', v8.replaceAll('/opt/editor', 'file:///C:/Users%20of%20it/editor')],
    ['loaded with a query', v8.replaceAll('.js:', '.js?v=8f3a:')],
    ['bundled with hashes', v8.replace('pdf.js', 'pdf.3f2a9c1b.js').replace('exporter.js', 'exporter-BxYz12_-.js')],
    ['bundled as chunks', v8.replace('pdf.js', 'pdf-ABCDEFGH.js').replace('main.js', 'main.0123456789abcdef0123.js')],
    ['with another message over several lines', v8.replace('TypeError: Cannot', 'TypeError: a\n  b\n c@d:1:2\nCannot')],
    ['awaited by other ways', v8.replace('    at async main', '    at async Promise.all (index 3)\n    at async main')],
    [
      'compiled for engines without await',
      v8.replace('    at async main', '    at step (/x/a.js:1:2)\n    at Generator.next (<anonymous>)\n    at main'),
    ],
    ['called by way of an object', v8.replace('at writePage', 'at Object.writePage [as write]')],
    [
      'with frames of events in between',
      v8.replace('    at async', '    at Socket.emit (node:events:519:28)\n    at async'),
    ],
  ])('%s', (_, stack) => {
    expect(stack).not.toBe(v8);
    expect(of(stack)).toBe(of(v8));
  });

  test('however deep a recursion went, over one function or over three', () => {
    const frames = (names: string) => [...names].map((name) => `    at ${name} (/app/tree.js:1:2)`).join('\n');
    expect(of(`RangeError: x\n${frames('aaaaaab')}`)).toBe(of(`RangeError: x\n${frames('aaab')}`));
    expect(of(`RangeError: x\n${frames('abcabcabcd')}`)).toBe(of(`RangeError: x\n${frames('abcabcd')}`));
    expect(of(`RangeError: x\n${frames('abcabcabcd')}`)).not.toBe(of(`RangeError: x\n${frames('acbacbd')}`));
  });

  test('in a package, wherever that is installed', () => {
    const at = (path: string) => of(`Error: x\n    at read (${path}:1:2)`);
    const plain = at('/a/node_modules/@scope/reader/lib/read.js');
    expect(at('/b/node_modules/.pnpm/@scope+reader@1.2.3/node_modules/@scope/reader/lib/read.js')).toBe(plain);
    expect(at('C:\\c\\node_modules\\@scope\\reader\\lib\\read.js')).toBe(plain);
    expect(at('/a/node_modules/@scope/writer/lib/read.js')).not.toBe(plain);
    expect(fingerprint(errorWith('read@https://x.example/node_modules/@scope/reader/lib/read.js:1:2', {}))).toBe(
      of('TypeError: x\n    at read (/a/node_modules/@scope/reader/lib/read.js:1:2)'),
    );
  });

  test('in code made at run time: that of the code which made it', () => {
    const evaluated = 'TypeError: x\n    at eval (eval at compile (/app/template.js:3:4), <anonymous>:1:1)';
    expect(of(evaluated)).toBe(of('@https://x.example/template.js line 3 > eval:1:1'));
    expect(of(evaluated)).not.toBe(of(evaluated.replace('template.js', 'query.js')));
  });

  test('in anonymous functions, as each engine writes them', () => {
    const anonymous = of('TypeError: x\n    at /app/pdf.js:1:2\n    at run (/app/run.js:1:2)');
    expect(of('run/<@https://x.example/pdf.js:1:2\nrun@https://x.example/run.js:1:2')).toBe(anonymous);
    expect(of('@https://x.example/pdf.js:1:2\nrun@https://x.example/run.js:1:2')).toBe(anonymous);
    expect(of('https://x.example/pdf.js:1:2\nrun@https://x.example/run.js:1:2')).toBe(anonymous);
    expect(of('TypeError: x\n    at Object.<anonymous> (/app/pdf.js:1:2)\n    at run (/app/run.js:1:2)')).toBe(
      anonymous,
    );
  });

  test('without a stack: by its type and what stays the same of its message', () => {
    const of404 = of('', { message: 'GET https://x.example/a/7 gave 404 for "Anna" in /home' });
    expect(of('', { message: 'GET https://y.example/b/8 gave 503 for "Otto" in /home' })).toBe(of404);
    expect(of('', { message: 'PUT https://x.example/a/7 gave 404 for "Anna" in /home' })).not.toBe(of404);
    expect(of('TypeError: GET a@b.c:1:2', { message: 'GET a' })).toBe(of('', { message: 'GET a' }));
  });
});

describe('another fault has another fingerprint', () => {
  test.each([
    ['by its type', v8, { name: 'RangeError' }],
    ['by the function that broke', v8.replace('writePage', 'writeImage'), {}],
    ['by the file that it is in', v8.replace('pdf.js', 'png.js'), {}],
    ['by who called it', v8.replace('PdfExporter.run', 'PdfExporter.preview'), {}],
    ['by a helper’s name where that is what broke', v8.replace('writePage', 'step'), {}],
    ['by its cause', v8, { cause: errorWith('Error: y\n    at read (/app/disk.js:1:2)') }],
  ])('%s', (_, stack, details) => {
    expect(of(stack, details)).not.toBe(of(v8));
  });
});

describe('causes', () => {
  const disk = errorWith('Error: y\n    at read (/app/disk.js:1:2)', { name: 'Error' });

  test('are told apart by what they are, not by their messages', () => {
    const full = errorWith(String(disk.stack), { name: 'Error', message: 'another' });
    expect(of(v8, { cause: disk })).toBe(of(v8, { cause: full }));
    expect(of(v8, { cause: disk })).not.toBe(of(v8, { cause: errorWith(String(disk.stack), { name: 'DiskError' }) }));
    expect(of(v8, { cause: 'disk full' })).toBe(of(v8, { cause: 'disk empty' }));
  });

  test('of an aggregate count whatever their order and number of occurrences', () => {
    const net = errorWith('Error: y\n    at fetch (/app/net.js:1:2)', { name: 'Error' });
    const all = (...errors: unknown[]) => {
      const error = new AggregateError(errors, 'all failed');
      error.stack = 'AggregateError: all failed';
      return fingerprint(error);
    };
    expect(all(disk, net)).toBe(all(net, disk));
    expect(all(disk, net, net)).toBe(all(disk, net));
    expect(all(disk)).not.toBe(all(net));
  });

  test(`are followed ${faultCausesMax} deep, and circles once`, () => {
    const chain = (length: number, last: string) => {
      let cause: Error | undefined;
      for (let depth = length; depth >= 1; depth--) {
        cause = errorWith(`Error: y\n    at ${depth === length ? last : `f${depth}`} (/app/a.js:1:2)`, { cause });
      }
      return of(v8, { cause });
    };
    for (const length of [faultCausesMax - 1, faultCausesMax]) {
      expect(chain(length, 'one')).not.toBe(chain(length, 'two'));
    }
    expect(chain(faultCausesMax + 1, 'one')).toBe(chain(faultCausesMax + 1, 'two'));
    const circle = new Error('a');
    circle.cause = circle;
    expect(fingerprint(circle)).toMatch(/^1-/);
  });

  test('come with the stack that is sent, by type and without their messages', async () => {
    const channel = memoryChannel();
    const telemetry = createTelemetry({ product: 'editor', channel });
    telemetry.fault(new Error('outer', { cause: new RangeError('of Anna', { cause: 'text' }) }));
    await telemetry.shutdown();
    const data = channel.events[0]?.data;
    const stack = data?.case === 'fault' ? data.value.stack : '';
    expect(stack).toMatch(/^at .*\n(?:.*\n)+caused by RangeError\nat /);
    expect(stack).not.toContain('Anna');
  });
});

test('two installs of two versions, in processes of their own, give one fingerprint, and another fault another one', () => {
  const fingerprintIn = (folder: string, emptyLines: number, fault: string) => {
    const installed = join(temporaryFolder(onTestFinished), folder);
    mkdirSync(installed, { recursive: true });
    const library = new URL('../../client/src/fault/fingerprint.ts', import.meta.url).href;
    const program = join(installed, 'editor.mjs');
    writeFileSync(
      program,
      `import { fingerprint } from ${JSON.stringify(library)};${'\n'.repeat(emptyLines)}
      class Exporter {
        async run(pages) { await null; return pages.map((page) => this.write(page)); }
        write(page) { return page.${fault}; }
      }
      const main = async () => { await new Exporter().run([{}]); };
      main().catch((error) => console.log(fingerprint(error)));`,
    );
    return execFileSync(process.execPath, [program], { encoding: 'utf8' }).trim();
  };
  const first = fingerprintIn('editor', 0, 'text.length');
  expect(first).toMatch(/^1-[0-9a-f]{16}$/);
  expect(fingerprintIn('an other place/editor-4.13', 20, 'text.length')).toBe(first);
  expect(fingerprintIn('editor', 0, 'text.length + missing()')).toBe(first);
  expect(fingerprintIn('editor', 0, 'id + missing()')).not.toBe(first);
});

test(`the innermost ${fingerprintFramesMax} frames count`, () => {
  const frames = (count: number, last: string) =>
    Array.from({ length: count }, (_, index) => `    at ${index === count - 1 ? last : `f${index}`} (/a.js:1:2)`);
  const ofFrames = (count: number, last: string) => of(`Error: x\n${frames(count, last).join('\n')}`);
  expect(ofFrames(fingerprintFramesMax - 1, 'one')).not.toBe(ofFrames(fingerprintFramesMax - 1, 'two'));
  expect(ofFrames(fingerprintFramesMax, 'one')).not.toBe(ofFrames(fingerprintFramesMax, 'two'));
  expect(ofFrames(fingerprintFramesMax + 1, 'one')).toBe(ofFrames(fingerprintFramesMax + 1, 'two'));
});

test('a fault carries it, unless the application gives its own; an error of another realm is one too', async () => {
  const channel = memoryChannel();
  const telemetry = createTelemetry({ product: 'editor', channel });
  const broken = () => new TypeError('no');
  telemetry.fault(broken());
  telemetry.fault(broken());
  telemetry.fault(broken(), { fingerprint: 'mine' });
  telemetry.fault(runInNewContext('new RangeError("elsewhere")'));
  telemetry.fault('a text');
  await telemetry.shutdown();
  const faults = channel.events.map(({ data }) => (data.case === 'fault' ? data.value : undefined));
  expect(faults.map((fault) => fault?.type)).toStrictEqual([
    'TypeError',
    'TypeError',
    'TypeError',
    'RangeError',
    'string',
  ]);
  expect(faults[0]?.fingerprint).toMatch(/^1-/);
  expect(faults[1]?.fingerprint).toBe(faults[0]?.fingerprint);
  expect(faults[2]?.fingerprint).toBe('mine');
  expect(faults[3]).toMatchObject({ message: 'elsewhere', fingerprint: expect.stringMatching(/^1-/) });
  expect(faults[4]?.fingerprint).toBe('');
});

test('a stack of any size and content is read in a time that does not depend on it for long', () => {
  for (const stack of [
    `Error\n    at ${'a ('.repeat(300_000)}`,
    `Error\n${'    at f (/a.js:1:2)\n'.repeat(100_000)}`,
    '@'.repeat(100_000),
  ]) {
    expect(of(stack)).toMatch(/^1-/);
  }
});

test('hashes of 200,000 similar texts differ', () => {
  const hashes = new Set(
    Array.from({ length: 200_000 }, (_, index) => hash64(`TypeError\nf${index}@main.js\nrun@main.js`)),
  );
  expect(hashes.size).toBe(200_000);
});
