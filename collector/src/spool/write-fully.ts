import type { FileHandle } from 'node:fs/promises';

/** Writes all of `bytes` at `position`: a single write may stop half-way, as it does when the disk is nearly full. */
export async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
