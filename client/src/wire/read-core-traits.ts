import type { Audience } from '../core.ts';
import { ByteReader } from './byte-reader.ts';

/** What of a core decides which entries of the blacklist concern it. */
export interface CoreTraits {
  readonly product: string;
  readonly productVersion: string;
  readonly audience: Audience | undefined;
}

/**
 * Reads them from an encoded `Core`.
 *
 * @throws WireError when the bytes are not one.
 */
export function readCoreTraits(coreBytes: Uint8Array): CoreTraits {
  const reader = new ByteReader(coreBytes);
  let product = '';
  let productVersion = '';
  let audience = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x22) {
      const nested = reader.message();
      while (!nested.done) {
        const productTag = nested.varint();
        if (productTag === 0x0a) {
          product = nested.text();
        } else if (productTag === 0x12) {
          productVersion = nested.text();
        } else {
          nested.skip(productTag);
        }
      }
    } else if (tag === 0x30) {
      audience = reader.varint();
    } else {
      reader.skip(tag);
    }
  }
  return { product, productVersion, audience: audience === 1 ? 'internal' : audience === 2 ? 'external' : undefined };
}
