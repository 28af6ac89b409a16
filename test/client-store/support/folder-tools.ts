import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Platform } from '@telemetry/client';
import { onTestFinished } from 'vitest';
import { folderBackend } from '../../../client/src/node/folder-backend.ts';
import { loadNativeLock } from '../../../client/src/node/native-lock.ts';
import { ChannelFolder } from '../../../client/src/store/channel-folder.ts';
import type { StoreTools } from '../../../client/src/store/store-tools.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { systemTime } from './backend-contract.ts';

/** What the parts of a store work with, over a folder of its own: no compression, so that a batch has the size that a test gives it. */
export async function folderTools(platform: Platform = systemTime): Promise<StoreTools> {
  const folder = join(temporaryFolder(), 'store');
  const backend = folderBackend({ folder, channels: ['channels/main'], platform, loadLock: loadNativeLock });
  await backend.open('a'.repeat(32));
  onTestFinished(() => backend.close());
  return { backend, platform, gzip: (bytes) => bytes, crc32: (bytes) => crc32(bytes) };
}

/** The folder of a channel, of which nothing may be set aside. */
export function mainFolder(tools: StoreTools): ChannelFolder {
  return new ChannelFolder('channels/main', tools, (problem) => {
    throw new Error(problem);
  });
}
