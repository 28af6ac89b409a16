import type { Encoding } from '@telemetry/gen/constants';
import type { SealedBatch } from '../seal-batch.ts';

/** A sealed batch as a file holds it, with what has to be known of it without taking it apart. */
export interface StoredRecord extends SealedBatch {
  /** Whose it is: 32 hexadecimal digits. */
  readonly producer: string;
  /** Number of its first event; 0 when it has none. */
  readonly firstSeq: number;
  /** Number of its last event; 0 when it has none. */
  readonly lastSeq: number;
  /** How many numbers it declares dropped. */
  readonly declaredCount: number;
}

/** Bytes of what is written of a record in front of its sealed bytes: little-endian. */
export const recordHeadBytes = 56;

/** Writes what is known of a record, in front of its sealed bytes. */
export function encodeRecordHead(view: DataView, offset: number, record: StoredRecord): void {
  for (let index = 0; index < 16; index++) {
    view.setUint8(offset + index, Number.parseInt(record.producer.slice(index * 2, index * 2 + 2), 16));
  }
  view.setUint32(offset + 16, record.encoding, true);
  view.setUint32(offset + 20, record.eventCount, true);
  view.setUint32(offset + 24, record.unsealedSizeBytes, true);
  view.setUint32(offset + 28, record.bytes.length, true);
  view.setFloat64(offset + 32, record.firstSeq, true);
  view.setFloat64(offset + 40, record.lastSeq, true);
  view.setFloat64(offset + 48, record.declaredCount, true);
}

/** Reads a record. */
export function decodeRecord(view: DataView, offset: number, bytes: Uint8Array): StoredRecord {
  let producer = '';
  for (let index = 0; index < 16; index++) {
    producer += view
      .getUint8(offset + index)
      .toString(16)
      .padStart(2, '0');
  }
  return {
    producer,
    encoding: view.getUint32(offset + 16, true) as Encoding,
    eventCount: view.getUint32(offset + 20, true),
    unsealedSizeBytes: view.getUint32(offset + 24, true),
    bytes,
    firstSeq: view.getFloat64(offset + 32, true),
    lastSeq: view.getFloat64(offset + 40, true),
    declaredCount: view.getFloat64(offset + 48, true),
  };
}
