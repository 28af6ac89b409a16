import { open, rm } from 'node:fs/promises';
import { ClickHouseException } from '../engine/clickhouse-exception.ts';
import { INSERT_BODY_BYTES_MAX } from '../limits.ts';

export type Bytes = AsyncIterable<Uint8Array>;

/** Reads all of a body that must be small. @throws ClickHouseException when it is not. */
export async function readWhole(body: Bytes, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > bytesMax) throw tooLarge('The query', bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads at least `bytes` of the body, or all of it; the rest stays to be read. */
export async function readHead(body: AsyncIterator<Uint8Array>, head: Buffer, bytes: number): Promise<Head> {
  const chunks: Uint8Array[] = [head];
  let sizeBytes = head.length;
  while (sizeBytes < bytes) {
    const next = await body.next();
    if (next.done === true) return { head: Buffer.concat(chunks), isWhole: true };
    chunks.push(next.value);
    sizeBytes += next.value.length;
  }
  return { head: Buffer.concat(chunks), isWhole: false };
}

export type Head = { readonly head: Buffer; readonly isWhole: boolean };

/** `first`, then what is left of `body`, if there is one. */
export async function* joined(first: Uint8Array, body?: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  if (body === undefined) return;
  for (let next = await body.next(); next.done !== true; next = await body.next()) yield next.value;
}

/** Bytes gathered before a write: a body comes in pieces of 64 KiB, and a write costs a trip to the thread pool. */
const WRITE_BYTES = 1024 * 1024;

/**
 * Puts a body into a file, whatever its size, with bounded memory. The whole body first, and then the engine: a client
 * that breaks off inserts nothing, and a slow one holds no slot.
 *
 * @param body chunks that share their memory with nothing are given up, and are empty afterwards
 * @returns its size in bytes. The file is gone if this throws.
 */
export async function spoolToFile(path: string, body: Bytes, sizeBytesMax = INSERT_BODY_BYTES_MAX): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let sizeBytes = 0;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const flush = async () => {
    if (pendingBytes > 0) await file.writev(pending);
    for (const chunk of pending) letGo(chunk);
    pending = [];
    pendingBytes = 0;
  };
  try {
    for await (const chunk of body) {
      sizeBytes += chunk.length;
      if (sizeBytes > sizeBytesMax) throw dataTooLarge(sizeBytesMax);
      pending.push(chunk);
      pendingBytes += chunk.length;
      if (pendingBytes >= WRITE_BYTES) await flush();
    }
    await flush();
    await file.close();
    return sizeBytes;
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true });
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      throw ClickHouseException.of('NOT_ENOUGH_SPACE', 'No space left on the disk of the data directory', {
        cause: error,
      });
    }
    throw error;
  }
}

/**
 * Gives the memory of a chunk back, if it has it for itself. Left to the garbage collector, what has passed counts as memory of the process: at 28 MB/s it
 * searched the whole heap every three seconds for it, a twentieth of this process's CPU.
 */
function letGo(chunk: Uint8Array): void {
  const { buffer } = chunk;
  // Node 20 knows no `transfer`; there the garbage collector finds it.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) buffer.transfer?.(0);
}

/** Of the data of an INSERT. */
export function dataTooLarge(bytesMax: number): ClickHouseException {
  return tooLarge('The data of the INSERT', bytesMax);
}

function tooLarge(what: string, bytesMax: number): ClickHouseException {
  return ClickHouseException.of('QUERY_IS_TOO_LARGE', `${what} is larger than ${bytesMax} bytes`);
}
