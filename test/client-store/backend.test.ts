import { join } from 'node:path';
import { folderBackend } from '../../client/src/node/folder-backend.ts';
import { loadNativeLock } from '../../client/src/node/native-lock.ts';
import { MemoryFiles, memoryBackend } from '../../client/src/store/memory-backend.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeBackend } from './support/backend-contract.ts';

describeBackend('memory', () => {
  const shared = new MemoryFiles();
  return { join: (platform) => memoryBackend(shared, platform) };
});

describeBackend('a folder', () => {
  const folder = join(temporaryFolder(), 'store');
  const channels = ['channels/main', 'channels/other'];
  return { join: (platform) => folderBackend({ folder, channels, platform, loadLock: loadNativeLock }) };
});
