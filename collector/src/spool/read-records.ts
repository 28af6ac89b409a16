import { open } from 'node:fs/promises';
import { type RecordFacts, readRecord } from './record-codec.ts';

/** Read at a time unless told otherwise; a larger record is read whole. */
const READ_SIZE_BYTES = 1024 * 1024;

/** Checked at a time: 700 records of 5 events, which take 2 ms. */
const PIECE_SIZE_BYTES = 256 * 1024;

/** A file that holds something else than records. */
export class DamagedSegmentError extends Error {
  override readonly name = 'DamagedSegmentError';
}

/** Records of a piece of a segment: their places are places in `bytes`. */
export interface RecordPiece {
  readonly bytes: Buffer;
  readonly records: readonly RecordFacts[];
}

/**
 * The records of a segment, in order, those of a piece of the file at a time. They are views that are valid until the next ones are asked for.
 *
 * @throws DamagedSegmentError at what is no record
 */
export async function* readRecords(path: string): AsyncGenerator<Buffer[]> {
  for await (const { bytes, records } of readRecordPieces(path)) {
    yield records.map(({ startByte, sizeBytes }) => bytes.subarray(startByte, startByte + sizeBytes));
  }
}

/**
 * The same with what their framing says. All of a piece is valid until the next one is asked for.
 *
 * @param readSizeBytes of the file at a time
 * @throws DamagedSegmentError at what is no record
 */
export async function* readRecordPieces(path: string, readSizeBytes = READ_SIZE_BYTES): AsyncGenerator<RecordPiece> {
  const file = await open(path);
  try {
    let buffer = Buffer.allocUnsafeSlow(readSizeBytes);
    let end = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, end, buffer.length - end);
      if (bytesRead === 0 && end === 0) return;
      if (bytesRead === 0) throw new DamagedSegmentError(`The last ${end} bytes of the segment are no record.`);
      end += bytesRead;
      let start = 0;
      for (;;) {
        const { piece, endByte } = pieceOf(buffer.subarray(0, end), start);
        if (endByte === start) break;
        yield piece;
        start = endByte;
      }
      if (start === 0 && end === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
      buffer.copyWithin(0, start, end);
      end -= start;
    }
  } finally {
    await file.close();
  }
}

/** Whole records from a place on, and where they end. */
function pieceOf(bytes: Buffer, startByte: number): { piece: RecordPiece; endByte: number } {
  const records: RecordFacts[] = [];
  let endByte = startByte;
  while (endByte - startByte < PIECE_SIZE_BYTES) {
    const record = readRecord(bytes, endByte);
    if (record === undefined) break;
    records.push(record);
    endByte += record.sizeBytes;
  }
  return { piece: { bytes, records }, endByte };
}
