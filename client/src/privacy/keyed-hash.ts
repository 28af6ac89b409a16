import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { protocolLimits } from '@telemetry/gen/constants';
import { hashesKept, hashKeyBytesMin } from '../limits.ts';
import { exceedsUtf8, utf8SizeBytes } from '../utf8.ts';
import type { KeyedHash } from './hash.ts';

/** A secret of the company, by which identifiers of external users are hashed. Without it the hashes cannot be tried out. */
export interface HashKey {
  /** Names the key in `user.hash_key_id`: two hashes compare only under the same key. At most 256 bytes, not secret. */
  readonly id: string;
  /** The secret: text, taken as UTF-8, or bytes. At least 16 bytes, from a random source. */
  readonly key: string | Uint8Array;
}

/**
 * Makes the hash of a key: HMAC-SHA-256 of the UTF-8 text, as 64 hexadecimal digits. The same in Node and in browsers, and as
 * `openssl dgst -sha256 -hmac KEY` has it.
 *
 * @throws TypeError when the key is too short to be a secret, or has no name.
 */
export function keyedHash({ id, key }: HashKey): KeyedHash {
  if (typeof id !== 'string' || id === '' || exceedsUtf8(id, protocolLimits.identifierBytesMax)) {
    throw new TypeError(
      `keyedHash: id: not the name of a key; give a text of 1 to ${protocolLimits.identifierBytesMax} bytes`,
    );
  }
  // Says nothing of the key itself: errors are logged.
  if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
    throw new TypeError('keyedHash: key: neither text nor bytes');
  }
  if ((typeof key === 'string' ? utf8SizeBytes(key) : key.length) < hashKeyBytesMin) {
    throw new TypeError(
      `keyedHash: key: shorter than ${hashKeyBytesMin} bytes; give random ones, as of "openssl rand -hex 32"`,
    );
  }
  const encoder = new TextEncoder();
  const keyBytes = typeof key === 'string' ? encoder.encode(key) : key.slice();
  const known = new Map<string, string>();
  return {
    keyId: id,
    hash(text) {
      let digits = known.get(text);
      if (digits === undefined) {
        if (known.size >= hashesKept) {
          known.clear();
        }
        digits = bytesToHex(hmac(sha256, keyBytes, encoder.encode(text)));
        known.set(text, digits);
      }
      return digits;
    },
  };
}
