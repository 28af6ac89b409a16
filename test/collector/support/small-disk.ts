import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp-folder.ts';

/** A file system of its own, of a few bytes, or the reason why this machine lets nobody make one. */
export async function smallDisk(options: string): Promise<{ path: string } | { reason: string }> {
  const path = join(await tempFolder(), 'disk');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    return { reason: `mount -t tmpfs is not permitted here: ${(error as Error).message.trim()}` };
  }
  // Lazily: a file that is open still must not keep the test from ending.
  onTestFinished(() => void execFileSync('umount', ['-l', path]));
  return { path };
}
