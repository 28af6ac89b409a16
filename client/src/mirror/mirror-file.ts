import { type FileHandle, open } from 'node:fs/promises';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';

/** Bytes of a length, at most. */
const lengthBytesMax = 5;

/** A file of length-delimited messages that only grows. */
export class MirrorFile {
  readonly #path: string;
  #handle: FileHandle | undefined;
  #sizeBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Opens the file behind its last whole message: what a killed process has left of another one is overwritten. */
  async open(): Promise<void> {
    if (this.#handle !== undefined) {
      return;
    }
    // Made first: what is opened for writing in its middle has to be there.
    await (await open(this.#path, 'a', 0o600)).close();
    const handle = await open(this.#path, 'r+');
    this.#handle = handle;
    this.#sizeBytes = await wholeMessagesBytes(handle);
    await handle.truncate(this.#sizeBytes);
  }

  /** Writes messages, and resolves when they are on disk. After a failure the next ones take the place of what was written of these. */
  async append(messages: readonly Uint8Array[]): Promise<void> {
    if (this.#handle === undefined) {
      throw new Error('the file is not open');
    }
    const writer = new ByteWriter(messages.reduce((sum, { length }) => sum + length + lengthBytesMax, 0));
    for (const message of messages) {
      writer.bytes(message);
    }
    const bytes = writer.copy();
    await this.#handle.truncate(this.#sizeBytes);
    await this.#handle.write(bytes, 0, bytes.length, this.#sizeBytes);
    await this.#handle.datasync();
    this.#sizeBytes += bytes.length;
  }

  close(): void {
    void this.#handle?.close();
    this.#handle = undefined;
  }
}

/** Size of the file up to the end of its last whole message. */
async function wholeMessagesBytes(handle: FileHandle): Promise<number> {
  const { size: fileSizeBytes } = await handle.stat();
  const head = new Uint8Array(lengthBytesMax);
  let position = 0;
  while (position < fileSizeBytes) {
    const { bytesRead } = await handle.read(head, 0, lengthBytesMax, position);
    const lengthEnd = head.subarray(0, bytesRead).findIndex((byte) => byte < 0x80) + 1;
    if (lengthEnd === 0) {
      break;
    }
    const end = position + lengthEnd + new ByteReader(head, 0, lengthEnd).varint();
    if (end > fileSizeBytes) {
      break;
    }
    position = end;
  }
  return position;
}
