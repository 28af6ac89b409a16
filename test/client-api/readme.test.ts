/** Executes every example of the client's README, against a real collector where it has an address. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, promisify } from 'node:util';
import { afterAll, expect, test, vi } from 'vitest';
import { runCollector, spooledBatches } from '../collector/support/collector.ts';
import { examplesOf } from '../support/readme-examples.ts';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'client/README.md'), 'utf8');
const examples = examplesOf(text).filter(({ language }) => language === 'ts');
const shown = examplesOf(text).filter(({ language }) => language === 'text');
const run = promisify(execFile);
/** In the repository, where the packages of the workspace are found as an application finds installed ones. */
const folder = join(root, '.readme-examples', 'client');

/** Writes the example into a file, and gives its path. */
function write(section: string, change: (code: string) => string = (code) => code): string {
  const found = examples.find((example) => example.section === section);
  if (found === undefined) {
    throw new Error(`client/README.md has no example under "${section}"`);
  }
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${section.replace(/\W+/g, '-').toLowerCase()}.ts`);
  writeFileSync(path, change(found.code));
  return path;
}

/** Runs an example in a process of its own, with the address of a collector in place of the usual one. */
async function inProcess(section: string, address: string): Promise<string> {
  // A store of this test's own, and not the folder of an application called "editor".
  const store = JSON.stringify({ folder: join(folder, 'store') });
  const path = write(section, (code) =>
    code.replaceAll("endpoint: '127.0.0.1:4400'", `endpoint: '${address}', store: ${store}`),
  );
  return (await run('node', [path], { cwd: root, env: process.env })).stdout;
}

/** Runs an example here, and gives what it prints. */
async function here(section: string): Promise<string> {
  let output = '';
  const print = vi.spyOn(console, 'log').mockImplementation((...values) => {
    output += `${format(...values)}\n`;
  });
  try {
    await import(write(section));
  } finally {
    print.mockRestore();
  }
  return output;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const complete = /complete: true/;

test.each([
  ['Start', complete, 'editor.started'],
  ['End, and know what became of it', /acknowledged: 1,\s+pending: 0/, 'feature.used'],
])('%s, with a collector', async (section, output, name) => {
  const { collector, dataDir } = await runCollector();
  expect(await inProcess(section, collector.grpcAddress)).toMatch(output);
  const events = (await spooledBatches(dataDir)).flatMap((batch) => batch.events);
  expect(events.map((event) => event.name)).toStrictEqual([name]);
});

test.each([
  ['Define your events once', /droppedByReason: \{ invalid: 1 \}[\s\S]*\| document\.open +\| performance/],
  ['Log what happens', /^opened in [\s\S]*acknowledged: 7,/],
  ['Add what every event should have', /^$/],
  ['Say who uses it', /^$/],
  ['Protect users', /^$/],
  ['Ask for consent', /^1 1\n$/],
  ['Test what your application logs', /^1\nexpected an event/],
  ['See it while developing', /^telemetry: feature\.used/],
  ['Keep events back', /droppedByReason: \{ sampled: 1 \}/],
  ['Bring events to several receivers', /^true \{\s+main: \{ acknowledged: 1,[^}]*\},\s+other: \{ acknowledged: 1,/],
  ['Hear of losses and failures', /1 dropped, invalid: name: missing[\s\S]*highestSeq: 2/],
])('%s', async (section, output) => {
  const printed = await here(section);
  expect(printed).toMatch(output);
  // Where the README shows what an example prints, it prints that.
  expect(printed).toContain(shown.find((example) => example.section === section)?.code ?? '');
});

test('no example is left out', () => {
  const source = readFileSync(import.meta.filename, 'utf8');
  for (const { section } of examples) {
    expect(source).toContain(`'${section}'`);
  }
  expect(examples.length).toBe(new Set(examples.map(({ section }) => section)).size);
});

test('the examples compile, and their mistakes are errors of the compiler', async () => {
  mkdirSync(folder, { recursive: true });
  const options = { extends: '../../tsconfig.json', include: ['*.ts', '../../client/src/**/*.d.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
  for (const [index, { code }] of examples.entries()) {
    writeFileSync(join(folder, `compiled-${index}.ts`), code);
  }
  const compiler = join(root, 'node_modules/.bin/tsc');
  const output = await run(compiler, ['-p', folder], { cwd: root }).then(
    ({ stdout }) => stdout,
    (error) => String(error.stdout),
  );
  expect(output).toBe('');
});
