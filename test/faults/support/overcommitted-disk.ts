import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { smallDisk } from '../../collector/support/small-disk.ts';

/** A file system that promises more room than its backing has. */
export interface OvercommittedDisk {
  /** Where files may be written. */
  readonly path: string;
  /** Folder of the backing: what is written here takes the promised room away. */
  readonly backing: string;
}

const imageMib = 256;

/**
 * An ext4 of 256 MiB in a file on a tmpfs of less, or the reason why this machine lets nobody make one. Once the tmpfs is full, writes to
 * new blocks are taken, and fail when they are flushed.
 */
export async function overcommittedDisk(backingSizeMib: number): Promise<OvercommittedDisk | { reason: string }> {
  const disk = await smallDisk(`size=${backingSizeMib}m`);
  if ('reason' in disk) return disk;
  const image = join(disk.path, 'image');
  const path = join(disk.path, 'mounted');
  mkdirSync(path);
  try {
    execFileSync('truncate', ['-s', `${imageMib}m`, image], { stdio: 'pipe' });
    // No journal, which would give up for ever at the first block it cannot write; tables written now, so that only data blocks lack.
    const features = ['-q', '-F', '-m', '0', '-O', '^has_journal', '-E', 'lazy_itable_init=0,nodiscard'];
    execFileSync('mkfs.ext4', [...features, '-N', '512', image], { stdio: 'pipe' });
    execFileSync('mount', ['-o', 'loop,errors=continue', image, path], { stdio: 'pipe' });
  } catch (error) {
    return { reason: `mount -o loop is not permitted here: ${(error as Error).message.trim()}` };
  }
  onTestFinished(() => void execFileSync('umount', ['-l', path]));
  return { path, backing: disk.path };
}
