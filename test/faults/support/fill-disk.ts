import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const blockSizeBytes = 64 * 1024;

/** Takes all the room of a file system; returns what gives it back. */
export function fillDisk(folder: string): () => void {
  const path = join(folder, 'ballast');
  const file = openSync(path, 'w');
  try {
    untilFull(() => {
      let sizeBytes = blockSizeBytes;
      // To the last byte: in ever smaller pieces.
      while (sizeBytes > 0) {
        try {
          writeSync(file, Buffer.alloc(sizeBytes, 1));
          return;
        } catch (error) {
          sizeBytes = Math.floor(sizeBytes / 2);
          if (sizeBytes === 0) throw error;
        }
      }
    });
  } finally {
    closeSync(file);
  }
  return () => rmSync(path);
}

/** Takes all the files that a file system can have; returns what gives them back. */
export function exhaustFiles(folder: string): () => void {
  const paths: string[] = [];
  untilFull(() => {
    const path = join(folder, `ballast-${paths.length}`);
    closeSync(openSync(path, 'wx'));
    paths.push(path);
  });
  return () => {
    for (const path of paths) rmSync(path);
  };
}

function untilFull(take: () => void): void {
  try {
    for (;;) take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
