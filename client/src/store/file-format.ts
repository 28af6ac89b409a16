import type { Encoding } from '@telemetry/gen/constants';
import type { Crc32 } from '../deflate/crc32.ts';
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

/** What a file holds. */
export interface FileContent {
  readonly records: readonly StoredRecord[];
  /** Names of the files that this one takes the place of, while it is being made. */
  readonly sources: readonly string[];
}

/** Why a file cannot be read. Of a later version: leave it to a client that knows it. */
export type FileProblem = { readonly kind: 'corrupted' | 'later-version'; readonly problem: string };

/*
 * Little-endian. Header, 24 bytes: magic, version, sources, records, body bytes, checksum of the body, checksum of the 20 bytes before.
 * Body: each source as length (2) and text; each record as a head of 56 bytes and the sealed bytes.
 */
const magic = 0x534d4c54; // "TLMS"
const version = 1;
const headerBytes = 24;
const recordHeadBytes = 56;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeFile({ records, sources }: FileContent, crc32: Crc32): Uint8Array {
  const names = sources.map((name) => encoder.encode(name));
  const namesBytes = names.reduce((sum, name) => sum + 2 + name.length, 0);
  const bodyBytes = records.reduce((sum, { bytes }) => sum + recordHeadBytes + bytes.length, namesBytes);
  const file = new Uint8Array(headerBytes + bodyBytes);
  const view = new DataView(file.buffer);
  let offset = headerBytes;
  for (const name of names) {
    view.setUint16(offset, name.length, true);
    file.set(name, offset + 2);
    offset += 2 + name.length;
  }
  for (const record of records) {
    encodeRecordHead(view, offset, record);
    file.set(record.bytes, offset + recordHeadBytes);
    offset += recordHeadBytes + record.bytes.length;
  }
  view.setUint32(0, magic, true);
  view.setUint16(4, version, true);
  view.setUint16(6, names.length, true);
  view.setUint32(8, records.length, true);
  view.setUint32(12, bodyBytes, true);
  view.setUint32(16, crc32(file.subarray(headerBytes)), true);
  view.setUint32(20, crc32(file.subarray(0, 20)), true);
  return file;
}

/** Reads a file, and trusts nothing of it before its checksums fit. */
export function decodeFile(file: Uint8Array, crc32: Crc32): FileContent | FileProblem {
  if (file.length < headerBytes) {
    return corrupted(`${file.length} bytes, less than a header`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== magic) {
    return corrupted('not a file of the store');
  }
  if (view.getUint32(20, true) !== crc32(file.subarray(0, 20))) {
    return corrupted('its header is damaged');
  }
  if (view.getUint16(4, true) !== version) {
    return { kind: 'later-version', problem: `of version ${view.getUint16(4, true)}` };
  }
  if (file.length !== headerBytes + view.getUint32(12, true)) {
    return corrupted(`${file.length} bytes, and its header says ${headerBytes + view.getUint32(12, true)}`);
  }
  if (view.getUint32(16, true) !== crc32(file.subarray(headerBytes))) {
    return corrupted('its content is damaged');
  }
  return decodeBody(file, view);
}

function decodeBody(file: Uint8Array, view: DataView): FileContent | FileProblem {
  const sources: string[] = [];
  const records: StoredRecord[] = [];
  let offset = headerBytes;
  try {
    for (let left = view.getUint16(6, true); left > 0; left--) {
      const end = offset + 2 + view.getUint16(offset, true);
      sources.push(decoder.decode(file.subarray(offset + 2, end)));
      offset = end;
    }
    for (let left = view.getUint32(8, true); left > 0; left--) {
      const start = offset + recordHeadBytes;
      const end = start + view.getUint32(offset + 28, true);
      records.push(decodeRecord(view, offset, file.subarray(start, end)));
      offset = end;
    }
  } catch (error) {
    return corrupted(`its content is not what its checksum promises: ${String(error)}`);
  }
  return offset === file.length ? { records, sources } : corrupted('its parts are not as long as it is');
}

function encodeRecordHead(view: DataView, offset: number, record: StoredRecord): void {
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

function decodeRecord(view: DataView, offset: number, bytes: Uint8Array): StoredRecord {
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

function corrupted(problem: string): FileProblem {
  return { kind: 'corrupted', problem };
}
