/**
 * The UTF-8 bytes of a text, one character each. Texts in this form compare as their bytes do, and come from a message without
 * being decoded.
 */
export function byteTextOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The bytes from `start` up to `end`, one character each. */
export function byteTextAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
