/**
 * Compiles `collector/assembly` to WebAssembly, as TypeScript modules, so that it is there without a file beside the code.
 *
 * `node .ci/build-assembly.ts [folder]`: where the collector's sources are, for the modules to be written into; by default where they belong.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');
const target = process.argv[2] ?? join(root, 'collector/src');

/** What is compiled, what becomes of it, and what it is. */
const modules = [
  {
    source: 'quick-walk.ts',
    file: 'admission/quick-walk-module.ts',
    webAssembly: './web-assembly.ts',
    name: 'quickWalkModule',
    text: 'WebAssembly that walks messages: see `quick-walker.ts`.',
  },
  {
    source: 'encode-columns.ts',
    file: 'columns/encode-columns-module.ts',
    webAssembly: '../admission/web-assembly.ts',
    name: 'encodeColumnsModule',
    text: 'WebAssembly that makes columns of batches: see `column-encoder.ts`.',
  },
];

for (const { source, file, webAssembly, name, text } of modules) {
  const path = join(target, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    `// Made by \`npm run generate\` from collector/assembly. Not to be changed by hand.
import { webAssembly } from '${webAssembly}';

const base64 =
  '${(await compile(source)).toString('base64')}';

/** ${text} */
export const ${name} = new webAssembly.Module(Buffer.from(base64, 'base64'));
`,
  );
}

/** Without a runtime. The memory is the collector's, and all of it: there is no data of the module's own. */
async function compile(source: string): Promise<Buffer> {
  let binary: Uint8Array | undefined;
  const options = [
    '--outFile',
    'binary',
    '--runtime',
    'stub',
    '--importMemory',
    '--memoryBase',
    '0',
    '-O3',
    '--converge',
    '--noAssert',
  ];
  const { error, stderr } = await asc.main([source, '--baseDir', join(root, 'collector/assembly'), ...options], {
    writeFile: (_name: string, contents: Uint8Array | string) => {
      if (typeof contents !== 'string') binary = contents;
    },
  });
  if (error !== null || binary === undefined) throw new Error(stderr?.toString() ?? source, { cause: error });
  return Buffer.from(binary);
}
