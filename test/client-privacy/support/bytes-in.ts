import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08]);

/** Every byte of every file in a folder and those below it, files that come and go meanwhile aside. */
export function bytesIn(folder: string): Buffer {
  const contents = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      try {
        return readFileSync(join(entry.parentPath, entry.name));
      } catch {
        return Buffer.alloc(0);
      }
    });
  return Buffer.concat(contents);
}

/** Which of these texts are in the bytes, as they are or inside of whatever gzip holds there. */
export function foundIn(bytes: Buffer, texts: readonly string[]): string[] {
  const places = [bytes, ...gunzipped(bytes)];
  return texts.filter((text) => places.some((place) => place.includes(text)));
}

function gunzipped(bytes: Buffer): Buffer[] {
  const contents: Buffer[] = [];
  for (let at = bytes.indexOf(gzipMagic); at >= 0; at = bytes.indexOf(gzipMagic, at + 1)) {
    try {
      contents.push(gunzipSync(bytes.subarray(at), { finishFlush: 2 }));
    } catch {
      // Something behind it is no gzip: what matters here is small, and found by a test of its own.
    }
  }
  return contents;
}
