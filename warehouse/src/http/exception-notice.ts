import { randomBytes } from 'node:crypto';

/** A tag nobody can guess, so that no row can pass for an exception. Sixteen letters, as in ClickHouse. */
export function newExceptionTag(): string {
  return randomBytes(8).toString('hex');
}

/**
 * How ClickHouse (25.11 and later) tells of an error after the response has begun: a block at the end of the body,
 * recognised by the tag of the response's X-ClickHouse-Exception-Tag header. Its length is that of the text with its
 * line end.
 */
export function exceptionNotice(text: string, tag: string): string {
  const lengthBytes = Buffer.byteLength(text) + 1;
  return `\r\n__exception__\r\n${tag}\r\n${text}\n${lengthBytes} ${tag}\r\n__exception__\r\n`;
}
