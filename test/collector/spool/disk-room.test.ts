import { rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { DISK_LOOK_MS } from '../../../collector/src/limits.ts';
import { DiskRoom } from '../../../collector/src/spool/disk-room.ts';
import { reserveSizeBytes } from '../../../collector/src/spool/expect-room.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('the room on a disk is looked at again when its time has come, and not before', async () => {
  const folder = await tempFolder();
  let nowMs = 1_000;
  const room = new DiskRoom(folder, () => nowMs);
  await room.expect(1);
  // A look would fail now.
  rmSync(folder, { recursive: true });
  nowMs += DISK_LOOK_MS - 1;
  await room.expect(1);
  nowMs += 1;
  await expect(room.expect(1)).rejects.toThrow('ENOENT');
  nowMs += 1;
  // One that failed says nothing about the next.
  await expect(room.expect(1)).rejects.toThrow('ENOENT');
});

it('a write that the last look has no room for is looked at by itself, and refused as on a full disk', async () => {
  const folder = await tempFolder();
  const room = new DiskRoom(folder, () => 0);
  await room.expect(1);
  const { bsize, blocks, bavail } = await statfs(folder);
  const tooLarge = bavail * bsize - reserveSizeBytes(blocks * bsize) + 2 ** 40;
  await expect(room.expect(tooLarge)).rejects.toMatchObject({ code: 'ENOSPC' });
  await room.expect(1);
});
