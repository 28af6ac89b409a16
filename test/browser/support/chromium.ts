import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';

const packed = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '../../bin');
const cache = fileURLToPath(new URL('../../../node_modules/.cache/chromium', import.meta.url));

/** Starts the headless Chromium that comes with the development dependencies: nothing is downloaded, and nothing of the machine's is used. */
export async function launchChromium(): Promise<Browser> {
  const folder = unpacked();
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    // As root, as in containers, Chromium has no sandbox; what it shows here is our own.
    args: ['--no-sandbox', '--disable-gpu'],
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, 'lib') },
  });
}

/** The folder with the binary and the libraries that it wants, unpacked once for an installation: it takes two seconds, and 190 MB. */
function unpacked(): string {
  const { version } = JSON.parse(readFileSync(join(packed, '../package.json'), 'utf8')) as { version: string };
  const folder = join(cache, version);
  if (existsSync(folder)) {
    return folder;
  }
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'unpacking-'));
  writeFileSync(join(fresh, 'chromium'), decompress('chromium.br'), { mode: 0o755 });
  execFileSync('tar', ['-x', '-C', fresh], { input: decompress('al2023.tar.br') });
  try {
    // Whole or not at all, for several tests may come at once.
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function decompress(name: string): Buffer {
  return brotliDecompressSync(readFileSync(join(packed, name)));
}
