import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Code for browsers, as a build step of an application makes it. */
export interface Bundle {
  readonly code: string;
  readonly sizeBytes: number;
  readonly gzipBytes: number;
  /** What takes the room: bytes after minifying by source file, the largest first. */
  readonly sources: readonly { readonly path: string; readonly sizeBytes: number }[];
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Bundles and minifies a module, which may import the packages of this repository as they are published, for browsers. */
export async function bundle(module: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: module, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    outfile: 'bundle.js',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    // Those that the API of the client needs anyway: Chrome 119, Firefox 121, Safari 17.4.
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const { contents, text } = outputFiles[0] ?? { contents: new Uint8Array(), text: '' };
  const inputs = Object.values(metafile.outputs)[0]?.inputs ?? {};
  const sources = Object.entries(inputs).map(([path, { bytesInOutput }]) => ({ path, sizeBytes: bytesInOutput }));
  return {
    code: text,
    sizeBytes: contents.length,
    gzipBytes: gzipSync(contents, { level: 9 }).length,
    sources: sources.sort((left, right) => right.sizeBytes - left.sizeBytes),
  };
}
