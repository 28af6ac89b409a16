import { open } from 'node:fs/promises';
import { readRecord } from './record-codec.ts';

/** Read at a time; a larger record is read whole. */
const READ_SIZE_BYTES = 1024 * 1024;

/** A file that holds something else than records. */
export class DamagedSegmentError extends Error {
  override readonly name = 'DamagedSegmentError';
}

/**
 * The records of a segment, in order, those of a piece of the file at a time. They are views that are valid until the next ones are asked for.
 *
 * @throws DamagedSegmentError at what is no record
 */
export async function* readRecords(path: string): AsyncGenerator<Buffer[]> {
  const file = await open(path);
  try {
    let buffer = Buffer.allocUnsafeSlow(READ_SIZE_BYTES);
    let end = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, end, buffer.length - end);
      if (bytesRead === 0 && end === 0) return;
      if (bytesRead === 0) throw new DamagedSegmentError(`The last ${end} bytes of the segment are no record.`);
      end += bytesRead;
      const records = recordsOf(buffer.subarray(0, end));
      const sizeBytes = records.reduce((sum, record) => sum + record.length, 0);
      if (sizeBytes > 0) yield records;
      else if (end === buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
      buffer.copyWithin(0, sizeBytes, end);
      end -= sizeBytes;
    }
  } finally {
    await file.close();
  }
}

/** The whole records at the beginning of some bytes. */
function recordsOf(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  let start = 0;
  for (let record = readRecord(bytes, start); record !== undefined; record = readRecord(bytes, start)) {
    records.push(bytes.subarray(start, start + record.sizeBytes));
    start += record.sizeBytes;
  }
  return records;
}
