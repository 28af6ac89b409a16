import type { KnownBlacklist } from '../blacklist-source.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { countField, textField } from '../wire/encode-core.ts';

/** Encodes a `GetBlacklistRequest`; a `WatchBlacklistRequest` has the same fields. */
export function encodeBlacklistRequest({ version, product }: KnownBlacklist): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(64);
  countField(writer, 0x08, version);
  textField(writer, 0x12, product);
  return writer.copy();
}

/**
 * The list in a `GetBlacklistResponse` or a `WatchBlacklistResponse`; undefined: the known one is in force.
 *
 * @throws Error when the answer is neither.
 */
export function listOfResponse(bytes: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(bytes);
  let list: Uint8Array | undefined;
  let isAnswer = false;
  while (!reader.done) {
    const tag = reader.varint();
    isAnswer ||= tag === 0x0a || tag === 0x10;
    if (tag === 0x0a) {
      list = bytes.slice(reader.lengthDelimited(), reader.position);
    } else {
      reader.skip(tag);
    }
  }
  if (!isAnswer) {
    throw new Error('the answer has neither a list nor a version');
  }
  return list;
}
