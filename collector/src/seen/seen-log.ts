import { type FileHandle, open, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { SequenceRanges } from '../admission/sequence-ranges.ts';
import { flushDirectory } from '../spool/flush-directory.ts';
import { readWholeFile } from '../spool/read-whole-file.ts';
import { readSequence, writeSequence } from '../spool/record-codec.ts';
import { writeFully } from '../spool/write-fully.ts';

/*
 * The log of one generation of the seen-set: what was taken, written when the segment that holds it leaves the spool. It is a run of
 * blocks, one a segment: u32 size of the body, u32 CRC-32 of the body, body. The body is entries: u16 size of the sequence,
 * 16 bytes of producer id, 8 bytes of digest, the sequence as in a record. Integers are little endian.
 */

const BLOCK_HEADER_SIZE_BYTES = 8;
const OFFSET_DIGEST = 18;
const ENTRY_HEADER_SIZE_BYTES = 26;
const FORGOTTEN_FILE = 'forgotten';
const FILE_NAME = /^seen-(\d{8})\.log$/;

/** What a block says was taken. */
export interface SeenEntry {
  /** 16 bytes. */
  readonly producerId: Uint8Array;
  readonly sequence: SequenceRanges;
  /** Of the batch's content: 8 bytes. */
  readonly digest: Uint8Array;
}

/** What a log holds. */
export interface SeenLogContent {
  /** Where the last whole block ends. */
  readonly wholeEnd: number;
  /** Whether there is anything but whole blocks, so that something may be forgotten. */
  readonly isDamaged: boolean;
}

/** Serializes a block. */
export function encodeBlock(entries: readonly SeenEntry[]): Buffer {
  let sizeBytesMax = BLOCK_HEADER_SIZE_BYTES;
  for (const entry of entries) sizeBytesMax += ENTRY_HEADER_SIZE_BYTES + entry.sequence.length * 8;
  const block = Buffer.allocUnsafe(sizeBytesMax);
  let position = BLOCK_HEADER_SIZE_BYTES;
  for (const entry of entries) {
    block.set(entry.producerId, position + 2);
    block.set(entry.digest.subarray(0, 8), position + OFFSET_DIGEST);
    const end = writeSequence(block, position + ENTRY_HEADER_SIZE_BYTES, entry.sequence);
    block.writeUInt16LE(end - position - ENTRY_HEADER_SIZE_BYTES, position);
    position = end;
  }
  block.writeUInt32LE(position - BLOCK_HEADER_SIZE_BYTES, 0);
  block.writeUInt32LE(crc32(block.subarray(BLOCK_HEADER_SIZE_BYTES, position)), 4);
  return block.subarray(0, position);
}

/**
 * Calls `visit` for each entry of the blocks that are whole, with views of the log. A torn block at the end was being
 * written when the collector died: its segment is still in the spool, so nothing is lost with it. A damaged one before is stepped over. Where
 * the damage is in a size, it looks like a torn end.
 */
export function decodeBlocks(log: Buffer, visit: (entry: SeenEntry) => void): SeenLogContent {
  let start = 0;
  let wholeEnd = 0;
  let isDamaged = false;
  while (start + BLOCK_HEADER_SIZE_BYTES <= log.length) {
    const end = start + BLOCK_HEADER_SIZE_BYTES + log.readUInt32LE(start);
    if (end > log.length) break;
    const body = log.subarray(start + BLOCK_HEADER_SIZE_BYTES, end);
    if (crc32(body) !== log.readUInt32LE(start + 4)) {
      start = end;
      isDamaged = true;
      continue;
    }
    let position = 0;
    while (position + ENTRY_HEADER_SIZE_BYTES <= body.length) {
      const sequenceStart = position + ENTRY_HEADER_SIZE_BYTES;
      const sequenceEnd = sequenceStart + body.readUInt16LE(position);
      const sequence = readSequence(body, sequenceStart, sequenceEnd);
      if (sequence === undefined) break;
      const producerId = body.subarray(position + 2, position + OFFSET_DIGEST);
      visit({ producerId, sequence, digest: body.subarray(position + OFFSET_DIGEST, sequenceStart) });
      position = sequenceEnd;
    }
    start = end;
    wholeEnd = end;
  }
  return { wholeEnd, isDamaged: isDamaged || start < log.length };
}

/** Numbers of the generations that have a log in the folder, the oldest first. */
export async function listGenerations(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  const numbers = names.flatMap((name) =>
    FILE_NAME.exec(name)?.[1] === undefined ? [] : [Number(FILE_NAME.exec(name)?.[1])],
  );
  return numbers.sort((a, b) => a - b);
}

function pathOf(folder: string, generation: number): string {
  return join(folder, `seen-${String(generation).padStart(8, '0')}.log`);
}

/** Reads a generation's log whole; its size is bounded by `SEEN_LOG_SIZE_BYTES_MAX`. */
export function readLog(folder: string, generation: number): Promise<Buffer> {
  return readWholeFile(pathOf(folder, generation));
}

/** Notes for all later lives that something was forgotten. */
export async function noteForgotten(folder: string): Promise<void> {
  await writeFile(join(folder, FORGOTTEN_FILE), '', { mode: 0o600, flush: true });
  await flushDirectory(folder);
}

/** Whether an earlier life has noted that something was forgotten. */
export async function isForgottenNoted(folder: string): Promise<boolean> {
  return (await readdir(folder)).includes(FORGOTTEN_FILE);
}

/** Removes a generation's log. */
export function removeLog(folder: string, generation: number): Promise<void> {
  return unlink(pathOf(folder, generation));
}

/** Appends blocks to a generation's log. */
export class SeenLog {
  readonly #file: FileHandle;
  #sizeBytes: number;

  private constructor(file: FileHandle, sizeBytes: number) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  /** Opens the log of a generation, cut off at `sizeBytes`, where its whole blocks end. */
  static async open(folder: string, generation: number, sizeBytes: number): Promise<SeenLog> {
    const file = await open(pathOf(folder, generation), sizeBytes === 0 ? 'w' : 'r+', 0o600);
    await file.truncate(sizeBytes);
    await flushDirectory(folder);
    return new SeenLog(file, sizeBytes);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Appends a block; it is on disk when this resolves. After a failure the next block overwrites what was written of this one. */
  async append(block: Buffer): Promise<void> {
    await writeFully(this.#file, block, this.#sizeBytes);
    await this.#file.datasync();
    this.#sizeBytes += block.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
