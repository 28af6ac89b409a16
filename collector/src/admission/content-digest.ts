import { hash } from 'node:crypto';

const DIGEST_SIZE_BYTES = 8;
const digest = Buffer.alloc(DIGEST_SIZE_BYTES);

/**
 * 64 bits that tell apart batches with the same numbers: the first of SHA-1, the same at every collector. A view that is valid until the
 * next call.
 *
 * SHA-1, since current processors have instructions for it: of 18 kB it takes 11 µs, MD5 29 µs. As a string, since a buffer of its own
 * would take as long as the digest of a small batch.
 */
export function contentDigest(sentBytes: Uint8Array): Uint8Array {
  digest.write(hash('sha1', sentBytes, 'binary'), 0, DIGEST_SIZE_BYTES, 'latin1');
  return digest;
}
