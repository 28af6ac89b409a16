import type { Crc32 } from '../deflate/crc32.ts';
import { decodeRecord, encodeRecordHead, recordHeadBytes, type StoredRecord } from './stored-record.ts';

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
 * Body: each source as length (2) and text; each record as a head and the sealed bytes.
 * Version 2 is the same twice: the second time from the next page on, since what is damaged is often a page.
 */
const magic = 0x534d4c54; // "TLMS"
const versionOnce = 1;
const versionTwice = 2;
const pageBytes = 4096;
const headerBytes = 24;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param isTwice whether the content is to be there when a part of the file is damaged. */
export function encodeFile(content: FileContent, crc32: Crc32, isTwice = false): Uint8Array {
  const once = encodeOnce(content, crc32, isTwice ? versionTwice : versionOnce);
  if (!isTwice) {
    return once;
  }
  const start = Math.ceil(once.length / pageBytes) * pageBytes;
  const file = new Uint8Array(start + once.length);
  file.set(once);
  file.set(once, start);
  return file;
}

/** Reads a file, and trusts nothing of it before its checksums fit. */
export function decodeFile(file: Uint8Array, crc32: Crc32): FileContent | FileProblem {
  const content = decodeOnce(file, crc32);
  if ('records' in content || content.kind !== 'corrupted') {
    return content;
  }
  // Where the second copy begins follows from the length of both, so that the first one need not be read for it.
  const copy = file.subarray(Math.ceil(file.length / (2 * pageBytes)) * pageBytes);
  const second = decodeOnce(copy, crc32);
  return 'records' in second ? second : content;
}

function encodeOnce({ records, sources }: FileContent, crc32: Crc32, version: number): Uint8Array {
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

/** Reads the copy that a file begins with. */
function decodeOnce(file: Uint8Array, crc32: Crc32): FileContent | FileProblem {
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
  const version = view.getUint16(4, true);
  if (version !== versionOnce && version !== versionTwice) {
    return { kind: 'later-version', problem: `of version ${version}` };
  }
  const end = headerBytes + view.getUint32(12, true);
  if (version === versionOnce ? file.length !== end : file.length < end) {
    return corrupted(`${file.length} bytes, and its header says ${end}`);
  }
  if (view.getUint32(16, true) !== crc32(file.subarray(headerBytes, end))) {
    return corrupted('its content is damaged');
  }
  return decodeBody(file.subarray(0, end), view);
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

function corrupted(problem: string): FileProblem {
  return { kind: 'corrupted', problem };
}
