/** The packages as they are published: compiled, with types, and used by an application that has nothing else of this repository. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
/** In the folder that holds the packages: what they depend on is found in the repository's own `node_modules` above it. */
const consumer = join(root, '.pack/consumer');
const modules = join(consumer, 'node_modules/@telemetry');
const packTimeoutMs = 180_000;

beforeAll(async () => {
  await run(process.execPath, [join(root, '.ci/pack.ts')], { cwd: root });
  rmSync(consumer, { recursive: true, force: true });
  for (const name of ['gen', 'client']) {
    const folder = join(modules, name);
    mkdirSync(folder, { recursive: true });
    await run('tar', ['xzf', join(root, `.pack/${name}.tgz`), '-C', folder, '--strip-components=1']);
  }
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }');
}, packTimeoutMs);

/** Checks a file of the application with the compiler; an error's text names the line. */
async function compile(name: string, code: string, options: object = {}): Promise<void> {
  writeFileSync(join(consumer, `${name}.ts`), code);
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2024',
    strict: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    ...options,
  };
  writeFileSync(join(consumer, `${name}.json`), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', `${name}.json`], { cwd: consumer }).catch((error) => {
    throw new Error(String(error.stdout));
  });
}

const application = `
import { createTelemetry, defineCatalogue } from '@telemetry/client';
import { memoryChannel } from '@telemetry/client/memory';

const catalogue = defineCatalogue({
  'export.finished': {
    kind: 'featureUse',
    properties: { format: { type: ['pdf', 'png'] } },
    owner: 'export team',
    description: 'An export came to its end.',
  },
});
const channel = memoryChannel();
const telemetry = createTelemetry({ product: 'editor', channel, catalogue });
telemetry.log({ name: 'export.finished', properties: { format: 'pdf' } });
console.log(JSON.stringify([(await telemetry.shutdown()).acknowledged, channel.events.map(({ name }) => name)]));
`;

describe('the published client', () => {
  test('has types for each of its entries, in Node and in a browser', { timeout: packTimeoutMs }, async () => {
    const manifest = JSON.parse(readFileSync(join(modules, 'client/package.json'), 'utf8'));
    const entries = Object.keys(manifest.exports).map((entry) => `@telemetry/client${entry.slice(1)}`);
    expect(entries.length).toBeGreaterThan(5);
    const imports = entries.map((entry, index) => `export * as entry${index} from '${entry}';`).join('\n');
    await compile('entries', imports);
    await compile(
      'browser',
      `import { createTelemetry } from '@telemetry/client';\nexport const make = createTelemetry;`,
      {
        module: 'esnext',
        moduleResolution: 'bundler',
        customConditions: ['browser'],
        lib: ['es2024', 'esnext', 'dom', 'dom.iterable'],
      },
    );
  });

  test('runs, and refuses to compile what is not in the catalogue', { timeout: packTimeoutMs }, async () => {
    await compile('application', application);
    const { stdout } = await run(process.execPath, ['application.ts'], { cwd: consumer });
    expect(JSON.parse(stdout)).toStrictEqual([1, ['export.finished']]);
    await expect(compile('wrong', application.replace("format: 'pdf'", "format: 'dwg'"))).rejects.toThrow(/dwg/);
  });
});
