import { open } from 'node:fs/promises';

/**
 * Reads a file with one call. `readFile` reads half a megabyte at a time, each with a turn of the thread pool and one of the event loop: for
 * a full segment eighty of them, which in a busy process are seconds.
 */
export async function readWholeFile(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    // Not from Node's pool of small buffers: a view of it would be kept by whoever keeps a few bytes.
    const bytes = Buffer.allocUnsafeSlow(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(bytes, length, size - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}
