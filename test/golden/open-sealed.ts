import { gunzipSync } from 'node:zlib';
import { Encoding, type SealedBatch } from '@telemetry/gen';

/** The serialized `EventBatch` in a sealed one. */
export function openSealed(sealed: SealedBatch): Uint8Array {
  switch (sealed.encoding) {
    case Encoding.IDENTITY:
      return sealed.bytes;
    case Encoding.GZIP:
      return gunzipSync(sealed.bytes);
    default:
      throw new Error(`encoding ${sealed.encoding} is not known`);
  }
}
