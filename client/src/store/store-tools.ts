import type { Crc32 } from '../deflate/crc32.ts';
import type { Compression } from '../gzip.ts';
import type { Platform } from '../platform.ts';
import type { StoreBackend } from './store-backend.ts';

/** What the parts of a store work with. */
export interface StoreTools extends Compression {
  readonly backend: StoreBackend;
  readonly platform: Platform;
  readonly crc32: Crc32;
}
