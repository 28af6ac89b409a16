import type { BanTraits } from '@telemetry/gen/bans';
import { byteTextAt } from '../blacklist/byte-text.ts';
import { Refusal } from './refusal.ts';
import { WireCursor } from './wire-cursor.ts';

/** Wire type 2 of `EventBatch.core`, `Core.product`, `Product.name`, `Product.version`, and wire type 0 of `Core.audience`. */
const TAG_CORE = 2 * 8 + 2;
const TAG_PRODUCT = 4 * 8 + 2;
const TAG_PRODUCT_NAME = 1 * 8 + 2;
const TAG_PRODUCT_VERSION = 2 * 8 + 2;
const TAG_AUDIENCE = 6 * 8;

/** Finds what the blacklist asks of a core, its product and audience, without making texts of them. */
export class TraitsReader {
  /** Where the content of `Core.product` lies. */
  productStart = 0;
  productEnd = 0;
  audience = 0;
  readonly #cursor = new WireCursor();

  /** Reads a core whose content lies from `start` up to `end`, and which was walked before. */
  readCore(bytes: Uint8Array, start: number, end: number): void {
    const cursor = this.#cursor;
    cursor.bytes = bytes;
    cursor.position = start;
    this.#readCore(end);
  }

  /**
   * Reads the core of a batch in which it comes after the position `from`, as some serializers have it. False when there is none, or
   * the bytes are no batch, which the walk will say in its own words.
   */
  readCoreAhead(bytes: Uint8Array, from: number): boolean {
    const cursor = this.#cursor;
    cursor.bytes = bytes;
    cursor.position = from;
    const end = bytes.length;
    try {
      while (cursor.position < end) {
        const tag = cursor.tag(end);
        if (tag === TAG_CORE) {
          this.#readCore(cursor.lengthDelimitedEnd(end));
          return true;
        }
        cursor.skipValue(tag & 7, end);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    return false;
  }

  /** What was read, as texts of one character a byte. */
  traits(): BanTraits {
    const cursor = this.#cursor;
    cursor.position = this.productStart;
    let product = '';
    let version = '';
    while (cursor.position < this.productEnd) {
      const tag = cursor.tag(this.productEnd);
      const start = cursor.position;
      cursor.skipValue(tag & 7, this.productEnd);
      if (tag !== TAG_PRODUCT_NAME && tag !== TAG_PRODUCT_VERSION) continue;
      const end = cursor.position;
      cursor.position = start;
      cursor.lengthDelimitedEnd(this.productEnd);
      const text = byteTextAt(cursor.bytes, cursor.position, end);
      if (tag === TAG_PRODUCT_NAME) product = text;
      else version = text;
      cursor.position = end;
    }
    return { product, version, audience: this.audience };
  }

  #readCore(end: number): void {
    const cursor = this.#cursor;
    this.productStart = 0;
    this.productEnd = 0;
    this.audience = 0;
    while (cursor.position < end) {
      const tag = cursor.tag(end);
      if (tag === TAG_PRODUCT) {
        this.productEnd = cursor.lengthDelimitedEnd(end);
        this.productStart = cursor.position;
        cursor.position = this.productEnd;
      } else if (tag === TAG_AUDIENCE) this.audience = cursor.varint(end);
      else cursor.skipValue(tag & 7, end);
    }
  }
}
