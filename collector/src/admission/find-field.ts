import { WIRE_LENGTH_DELIMITED } from './message-rules.ts';
import { WireCursor } from './wire-cursor.ts';

const cursor = new WireCursor();

/**
 * The bytes of a field inside a message that was walked before, by the path of field numbers to it, each of them length-delimited.
 * Undefined when there is none. A view. For the few fields that one needs of each batch: the walk itself stays free of them.
 */
export function findField(
  bytes: Uint8Array,
  start: number,
  end: number,
  path: readonly number[],
): Uint8Array | undefined {
  cursor.bytes = bytes;
  cursor.position = start;
  let messageEnd = end;
  for (const wanted of path) {
    const fieldEnd = findInMessage(wanted, messageEnd);
    if (fieldEnd === undefined) return undefined;
    messageEnd = fieldEnd;
  }
  return bytes.subarray(cursor.position, messageEnd);
}

/** Moves the cursor to the content of the field; returns where it ends. */
function findInMessage(wanted: number, end: number): number | undefined {
  while (cursor.position < end) {
    const tag = cursor.tag(end);
    if (tag === wanted * 8 + WIRE_LENGTH_DELIMITED) return cursor.lengthDelimitedEnd(end);
    cursor.skipValue(tag & 7, end);
  }
  return undefined;
}
