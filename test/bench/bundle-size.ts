/**
 * How much of a browser's download the client is: bundled, minified and gzipped. Prints what takes the room, and fails above the bound.
 * `--json` prints one line.
 */
import { clientBundle, clientGzipBytesMax } from '../browser/support/client-bundle.ts';

const { gzipBytes, sizeBytes, sources } = await clientBundle();
const gzipKib = Math.round((gzipBytes / 1024) * 100) / 100;

if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ browser_gzip_kib: gzipKib, minified_bytes: sizeBytes })}\n`);
} else {
  for (const source of sources) process.stdout.write(`${String(source.sizeBytes).padStart(8)} B  ${source.path}\n`);
  process.stdout.write(`${String(sizeBytes).padStart(8)} B  minified, ${gzipKib.toFixed(2)} KiB gzipped\n`);
}
if (gzipBytes >= clientGzipBytesMax) {
  process.stderr.write(`the browser’s client is to take less than ${clientGzipBytesMax / 1024} KiB gzipped\n`);
  process.exitCode = 1;
}
