/**
 * Compiles `collector/assembly` to WebAssembly, as a TypeScript module, so that it is there without a file beside the code.
 *
 * `node .ci/build-assembly.ts [file]`: where to write it; by default where it belongs.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');
const target = process.argv[2] ?? join(root, 'collector/src/admission/quick-walk-module.ts');

const { error, stderr, binary } = await compile();
if (error !== null || binary === undefined) throw new Error(stderr, { cause: error });
writeFileSync(
  target,
  `// Made by \`npm run generate\` from collector/assembly. Not to be changed by hand.
import { webAssembly } from './web-assembly.ts';

const base64 =
  '${Buffer.from(binary).toString('base64')}';

/** WebAssembly that walks messages: see \`quick-walker.ts\`. */
export const quickWalkModule = new webAssembly.Module(Buffer.from(base64, 'base64'));
`,
);

/** Without a runtime: it allocates nothing. The memory is the collector's, and all of it: there is no data of the module's own. */
async function compile() {
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
  const result = await asc.main(['quick-walk.ts', '--baseDir', join(root, 'collector/assembly'), ...options], {
    writeFile: (_name: string, contents: Uint8Array | string) => {
      if (typeof contents !== 'string') binary = contents;
    },
  });
  return { error: result.error, stderr: result.stderr?.toString() ?? '', binary };
}
