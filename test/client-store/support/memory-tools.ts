import { crc32 } from 'node:zlib';
import type { Platform } from '@telemetry/client';
import { MemoryFiles, memoryBackend } from '../../../client/src/store/memory-backend.ts';
import type { StoreBackend } from '../../../client/src/store/store-backend.ts';
import type { StoreTools } from '../../../client/src/store/store-tools.ts';

/** What the parts of a store work with, over memory, in a test's own time; some operations may be the test's own, too. */
export function memoryTools(
  platform: Platform,
  operations: Partial<StoreBackend> = {},
  shared = new MemoryFiles(),
): StoreTools {
  const backend = Object.assign(memoryBackend(shared, platform), operations);
  return { backend, platform, gzip: (bytes) => bytes, crc32: (bytes) => crc32(bytes) };
}
