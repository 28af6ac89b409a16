/**
 * Makes the packages as they are published: compiled, with types, in `.pack/*.tgz`. In the repository they export their TypeScript
 * sources, which Node runs as they are; Node refuses that in `node_modules`, so a published package has JavaScript.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** In the order of their imports: each is compiled against those before it, as they are published. */
const workspaces = ['gen', 'warehouse', 'client', 'collector'];
const root = join(import.meta.dirname, '..');
const packFolder = join(root, '.pack');
const buildFolder = join(packFolder, 'build');

const compilerOptions = {
  noEmit: false,
  rootDir: 'src',
  outDir: 'dist',
  declaration: true,
  rewriteRelativeImportExtensions: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
};

interface CompiledFile {
  types: string;
  default: string;
}

/** What a manifest exports under a name: a file, or one for each condition. */
type Export<File> = File | { [condition: string]: Export<File> };

function compiledExport(source: Export<string>): Export<CompiledFile> {
  if (typeof source === 'string') return compiledFile(source);
  const conditions = Object.entries(source).map(([condition, inner]) => [condition, compiledExport(inner)]);
  return Object.fromEntries(conditions) as Export<CompiledFile>;
}

/** `./src/x.ts` as `{ types: ./dist/x.d.ts, default: ./dist/x.js }`. */
function compiledFile(source: string): CompiledFile {
  const base = source.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, '');
  return { types: `${base}.d.ts`, default: `${base}.js` };
}

function publishedManifest(workspace: string): Record<string, unknown> {
  const manifest = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8'));
  for (const [name, source] of Object.entries<Export<string>>(manifest.exports ?? {}))
    manifest.exports[name] = compiledExport(source);
  for (const [name, source] of Object.entries<string>(manifest.bin ?? {}))
    manifest.bin[name] = compiledFile(source).default;
  delete manifest.devDependencies;
  // Not in the repository, where npm would warn of it on machines whose own Node is older and is not used.
  manifest.engines = { node: '>=22.18' };
  return manifest;
}

rmSync(packFolder, { recursive: true, force: true });
mkdirSync(join(buildFolder, 'node_modules/@telemetry'), { recursive: true });
for (const workspace of workspaces) {
  const folder = join(buildFolder, workspace);
  cpSync(join(root, workspace, 'src'), join(folder, 'src'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(publishedManifest(workspace), null, 2));
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['src'] }),
  );
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'inherit' });
  rmSync(join(folder, 'src'), { recursive: true });
  rmSync(join(folder, 'tsconfig.json'));
  symlinkSync(folder, join(buildFolder, 'node_modules/@telemetry', workspace));
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', packFolder], {
    cwd: folder,
    encoding: 'utf8',
  });
  const name = packed.trim().split('\n').at(-1) ?? '';
  renameSync(join(packFolder, name), join(packFolder, `${workspace}.tgz`));
}
process.stdout.write(`packed ${workspaces.map((workspace) => `.pack/${workspace}.tgz`).join(' ')}\n`);
