import { statfs } from 'node:fs/promises';
import { DISK_RESERVE_SHARE, DISK_RESERVE_SIZE_BYTES_MAX } from '../limits.ts';

/**
 * Throws what a full disk throws when a write of so many bytes would leave less than the reserve: what was taken is deleted only after it
 * was noted in the seen-set's log, so a disk that the spool has filled to its last byte would stay full for ever.
 *
 * @returns what may be written, in bytes
 */
export async function expectRoom(folder: string, sizeBytes: number): Promise<number> {
  const { bsize, blocks, bavail } = await statfs(folder);
  const roomSizeBytes = bavail * bsize - reserveSizeBytes(blocks * bsize);
  if (sizeBytes <= roomSizeBytes) return roomSizeBytes;
  const message = 'ENOSPC: no space left on device but what is reserved for emptying the spool';
  throw Object.assign(new Error(message), { code: 'ENOSPC' });
}

/** What is left free on a file system of a size in bytes. */
export function reserveSizeBytes(diskSizeBytes: number): number {
  return Math.min(DISK_RESERVE_SIZE_BYTES_MAX, Math.ceil(diskSizeBytes * DISK_RESERVE_SHARE));
}
