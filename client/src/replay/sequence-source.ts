import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readBytes, unzippedBytes } from './limits.ts';
import { SequenceError } from './sequence-error.ts';

/** An open file, or the standard input. */
export interface SequenceSource {
  /** For messages. */
  readonly name: string;
  /** Size as stored; undefined when it cannot be known beforehand. */
  readonly sizeBytes: number | undefined;
  /** Bytes read so far, as stored: compressed ones where it is compressed. */
  readonly positionBytes: () => number;
  /**
   * The content, gunzipped where it is gzip, which its first two bytes tell. Read once, no faster than it is taken.
   *
   * @throws SequenceError when it cannot be read to its end.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Opens what is to be replayed.
 *
 * @param file path, or "-" for the standard input.
 * @param stop ends the content early, also while more of it is waited for.
 * @throws SequenceError when there is no such file, or it cannot be read.
 */
export async function openSequenceSource(file: string, stdin: Readable, stop: AbortSignal): Promise<SequenceSource> {
  if (file === '-') {
    return sourceOf('standard input', undefined, stdin, stop);
  }
  try {
    const { size, ...stats } = await stat(file);
    const isFile = (stats.mode & 0o170000) === 0o100000;
    return sourceOf(file, isFile ? size : undefined, createReadStream(file, { highWaterMark: readBytes }), stop);
  } catch (error) {
    throw readError(file, error);
  }
}

function sourceOf(name: string, sizeBytes: number | undefined, stored: Readable, stop: AbortSignal): SequenceSource {
  let position = 0;
  stop.addEventListener('abort', () => stored.destroy(), { once: true });
  return {
    name,
    sizeBytes,
    positionBytes: () => position,
    chunks: chunksOf(name, stored, stop, (sizeBytesRead) => {
      position += sizeBytesRead;
    }),
  };
}

async function* chunksOf(
  name: string,
  stored: Readable,
  stop: AbortSignal,
  onRead: (sizeBytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const bytes = stored[Symbol.asyncIterator]();
  try {
    const start = await firstBytes(bytes, onRead);
    const all = rest(start, bytes, onRead);
    yield* start[0] === 0x1f && start[1] === 0x8b ? gunzipped(all) : all;
  } catch (error) {
    if (!stop.aborted) {
      throw readError(name, error);
    }
  } finally {
    stored.destroy();
  }
}

/** The first bytes of a stream: at least two, where it has as many. */
async function firstBytes(bytes: AsyncIterator<Uint8Array>, onRead: (sizeBytes: number) => void): Promise<Uint8Array> {
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < 2) {
    const { done, value } = await bytes.next();
    if (done === true) {
      break;
    }
    onRead(value.length);
    start = start.length === 0 ? value : Buffer.concat([start, value]);
  }
  return start;
}

async function* rest(
  start: Uint8Array,
  bytes: AsyncIterator<Uint8Array>,
  onRead: (sizeBytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  yield start;
  for (let next = await bytes.next(); next.done !== true; next = await bytes.next()) {
    onRead(next.value.length);
    yield next.value;
  }
}

async function* gunzipped(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const gunzip = createGunzip({ chunkSize: unzippedBytes });
  const source = Readable.from(stored, { objectMode: false, highWaterMark: readBytes });
  source.on('error', (error) => gunzip.destroy(error));
  yield* source.pipe(gunzip);
}

function readError(name: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const message = readErrors[typeof code === 'string' ? code : ''];
  return message === undefined ? error : new SequenceError(name, message, { cause: error });
}

const readErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file; give the path of a page-view sequence file',
  ENOTDIR: 'no such file; give the path of a page-view sequence file',
  EISDIR: 'a folder; give the path of a page-view sequence file',
  EACCES: 'may not be read; give this user the right to read it',
  EPERM: 'may not be read; give this user the right to read it',
  EIO: 'the disk failed while it was read',
  Z_BUF_ERROR: 'the gzip data ends too early: the file is cut off; fetch it again',
  Z_DATA_ERROR: 'the gzip data is damaged; fetch the file again',
};
