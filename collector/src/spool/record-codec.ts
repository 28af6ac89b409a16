import { crc32 } from 'node:zlib';
import { Encoding } from '@telemetry/gen';
import type { SequenceRanges } from '../admission/sequence-ranges.ts';

/*
 * A record is one batch in a segment. It is a run of gzip members that together decompress to one length-delimited EventBatch:
 *
 *   member 1   header with an extra field (RFC 1952, 2.3.1.1) that holds our framing, and in a subfield of its own the product's name, by
 *              which what is stored is counted; then as a stored deflate block:
 *              varint length of the message · the collector's own fields · the batch, when it came uncompressed
 *   member 2…  the batch's own gzip bytes, when it came compressed, untouched
 *
 * gzip members concatenate, and so do protobuf fields. So a segment, which is records end to end, is a valid gzip file of
 * length-delimited messages that the engine reads by itself, while the extra field lets us step from record to record, check each,
 * and learn whose it is without decompressing anything.
 */

const MEMBER_HEADER_SIZE_BYTES = 10;
const OFFSET_EXTRA_LENGTH = 10;
const OFFSET_SUBFIELD = 12;
const OFFSET_RECORD_SIZE = 17;
const OFFSET_CHECKSUM = 21;
const OFFSET_PRODUCER_ID = 25;
const OFFSET_EVENT_COUNT = 41;
const OFFSET_SEQUENCE = 45;
const MEMBER_TRAILER_SIZE_BYTES = 8;
const STORED_BLOCK_SIZE_BYTES_MAX = 65_535;
const STORED_BLOCK_HEADER_SIZE_BYTES = 5;
/** Of an event number, at most 2^53 - 1. */
const VARINT_SIZE_BYTES_MAX = 8;
const FORMAT_VERSION = 1;
/** gzip magic, deflate, FLG.FEXTRA, no time, no hints, unknown system. */
const MEMBER_HEADER = Uint8Array.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255);
/** Our subfield of the gzip extra field: "TB", telemetry batch. */
const SUBFIELD_ID = Uint8Array.of(0x54, 0x42);
/** Our second subfield: "TP", telemetry product. Records of earlier versions have none, and earlier versions step over it. */
const PRODUCT_SUBFIELD_ID = Uint8Array.of(0x54, 0x50);
const SUBFIELD_HEADER_SIZE_BYTES = 4;

/** What a record is made of. */
export interface RecordContent {
  readonly producerId: Uint8Array;
  readonly sequence: SequenceRanges;
  readonly eventCount: number;
  /** Name of the product, at most 256 bytes. */
  readonly productName?: Uint8Array;
  /** To whom it is put down in the shares of the spool; not written. */
  readonly holder?: string;
  /** Whether it was sent before. */
  readonly isResent?: boolean;
  /** When it was read, in milliseconds by a clock that never steps. Default: when it is written. */
  readonly readMs?: number;
  /** The batch as it came. */
  readonly bytes: Uint8Array;
  readonly encoding: typeof Encoding.IDENTITY | typeof Encoding.GZIP;
  /** Size of the batch when decompressed. */
  readonly plainSizeBytes: number;
  /** Serialized fields of `EventBatch` that the collector adds. */
  readonly collectorFields: Uint8Array;
}

/** A record found in a segment. */
export interface RecordFacts {
  readonly startByte: number;
  readonly sizeBytes: number;
  readonly producerId: Uint8Array;
  readonly sequence: SequenceRanges;
  readonly eventCount: number;
  /** Name of the product; undefined in a record of an earlier version. A view. */
  readonly productName: Uint8Array | undefined;
}

/** The most that a record of this content can take. */
export function recordSizeBytesMax(content: RecordContent): number {
  const blocks = Math.ceil((content.bytes.length + 256) / STORED_BLOCK_SIZE_BYTES_MAX) + 1;
  const product = content.productName === undefined ? 0 : SUBFIELD_HEADER_SIZE_BYTES + content.productName.length;
  const framing =
    OFFSET_SEQUENCE + content.sequence.length * VARINT_SIZE_BYTES_MAX + product + MEMBER_TRAILER_SIZE_BYTES;
  return framing + blocks * STORED_BLOCK_HEADER_SIZE_BYTES + 10 + content.collectorFields.length + content.bytes.length;
}

/** Writes a varint; returns the position behind it. */
export function writeVarint(target: Uint8Array, position: number, value: number): number {
  let rest = value;
  let at = position;
  while (rest >= 0x80) {
    target[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

/** Writes ranges as the distance from the previous end and the length less one; returns the position behind them. */
export function writeSequence(target: Uint8Array, position: number, sequence: SequenceRanges): number {
  let at = position;
  let previous = 0;
  for (let index = 0; index < sequence.length; index += 2) {
    const first = sequence[index] as number;
    const last = sequence[index + 1] as number;
    at = writeVarint(target, at, first - previous);
    at = writeVarint(target, at, last - first);
    previous = last;
  }
  return at;
}

/** Size of what `writeSequence` writes. */
export function sequenceSizeBytes(sequence: SequenceRanges): number {
  // As a rule one range, so the bound is below any limit and the count can be spared.
  if (sequence.length <= 2) return sequence.length * VARINT_SIZE_BYTES_MAX;
  return writeSequence(new Uint8Array(sequence.length * VARINT_SIZE_BYTES_MAX), 0, sequence);
}

/** Reads what `writeSequence` wrote. Undefined when the bytes end inside a number. */
export function readSequence(source: Uint8Array, start: number, end: number): SequenceRanges | undefined {
  const sequence: number[] = [];
  let previous = 0;
  let position = start;
  while (position < end) {
    let value = 0;
    let scale = 1;
    let byte: number;
    do {
      if (position >= end) return undefined;
      byte = source[position++] as number;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte >= 0x80);
    previous += value;
    sequence.push(previous);
  }
  return sequence.length % 2 === 0 ? sequence : undefined;
}

/** Writes a record at `start` of `target`, which must have `recordSizeBytesMax` bytes of room. Returns its size. */
export function writeRecord(target: Buffer, start: number, content: RecordContent): number {
  target.set(MEMBER_HEADER, start);
  target.set(SUBFIELD_ID, start + OFFSET_SUBFIELD);
  target[start + OFFSET_RECORD_SIZE - 1] = FORMAT_VERSION;
  target.set(content.producerId, start + OFFSET_PRODUCER_ID);
  target.writeUInt32LE(content.eventCount, start + OFFSET_EVENT_COUNT);
  const sequenceEnd = writeSequence(target, start + OFFSET_SEQUENCE, content.sequence);
  const extraEnd =
    content.productName === undefined ? sequenceEnd : writeProduct(target, sequenceEnd, content.productName);
  target.writeUInt16LE(extraEnd - (start + OFFSET_SUBFIELD), start + OFFSET_EXTRA_LENGTH);
  target.writeUInt16LE(
    sequenceEnd - (start + OFFSET_SUBFIELD + SUBFIELD_HEADER_SIZE_BYTES),
    start + OFFSET_SUBFIELD + 2,
  );

  const isGzip = content.encoding === Encoding.GZIP;
  let end = writeStoredMember(target, extraEnd, content, isGzip ? undefined : content.bytes);
  if (isGzip) {
    target.set(content.bytes, end);
    end += content.bytes.length;
  }
  const sizeBytes = end - start;
  target.writeUInt32LE(sizeBytes, start + OFFSET_RECORD_SIZE);
  target.writeUInt32LE(checksumOf(target, start, end), start + OFFSET_CHECKSUM);
  return sizeBytes;
}

function writeProduct(target: Buffer, start: number, productName: Uint8Array): number {
  target.set(PRODUCT_SUBFIELD_ID, start);
  target.writeUInt16LE(productName.length, start + 2);
  target.set(productName, start + SUBFIELD_HEADER_SIZE_BYTES);
  return start + SUBFIELD_HEADER_SIZE_BYTES + productName.length;
}

/** The product's name in the subfield at `start`, if there is one before the extra field's end. */
function readProduct(segment: Buffer, start: number, extraEnd: number): Uint8Array | undefined {
  const nameStart = start + SUBFIELD_HEADER_SIZE_BYTES;
  if (nameStart > extraEnd) return undefined;
  if (segment[start] !== PRODUCT_SUBFIELD_ID[0] || segment[start + 1] !== PRODUCT_SUBFIELD_ID[1]) return undefined;
  const nameEnd = nameStart + segment.readUInt16LE(start + 2);
  return nameEnd > extraEnd ? undefined : segment.subarray(nameStart, nameEnd);
}

/** CRC-32 of all of a record but the constant bytes at its start, which `readRecord` compares, and the checksum itself. */
function checksumOf(segment: Buffer, start: number, end: number): number {
  const lengths = crc32(segment.subarray(start + MEMBER_HEADER_SIZE_BYTES, start + OFFSET_CHECKSUM));
  return crc32(segment.subarray(start + OFFSET_PRODUCER_ID, end), lengths);
}

/** Writes deflate blocks and trailer of member 1; returns the position behind it. */
function writeStoredMember(
  target: Buffer,
  start: number,
  content: RecordContent,
  plain: Uint8Array | undefined,
): number {
  const messageSizeBytes = content.collectorFields.length + content.plainSizeBytes;
  // Written where the first block's content will stand, so that a small batch, one block as a rule, is copied once.
  let contentEnd = writeVarint(target, start + STORED_BLOCK_HEADER_SIZE_BYTES, messageSizeBytes);
  target.set(content.collectorFields, contentEnd);
  contentEnd += content.collectorFields.length;
  if (plain !== undefined) {
    target.set(plain, contentEnd);
    contentEnd += plain.length;
  }
  const contentStart = start + STORED_BLOCK_HEADER_SIZE_BYTES;
  const contentSizeBytes = contentEnd - contentStart;
  const checksum = crc32(target.subarray(contentStart, contentEnd));
  const end = spreadIntoBlocks(target, start, contentSizeBytes);
  target.writeUInt32LE(checksum, end);
  target.writeUInt32LE(contentSizeBytes, end + 4);
  return end + MEMBER_TRAILER_SIZE_BYTES;
}

/** Makes stored blocks of content that stands behind room for one block header. Returns the position behind the last block. */
function spreadIntoBlocks(target: Buffer, start: number, contentSizeBytes: number): number {
  const blocks = Math.max(1, Math.ceil(contentSizeBytes / STORED_BLOCK_SIZE_BYTES_MAX));
  const contentStart = start + STORED_BLOCK_HEADER_SIZE_BYTES;
  // From the last block to the first: each moves back by the headers in front of it, into room that is free already.
  for (let block = blocks - 1; block >= 0; block--) {
    const from = block * STORED_BLOCK_SIZE_BYTES_MAX;
    const sizeBytes = Math.min(STORED_BLOCK_SIZE_BYTES_MAX, contentSizeBytes - from);
    const header = start + block * (STORED_BLOCK_SIZE_BYTES_MAX + STORED_BLOCK_HEADER_SIZE_BYTES);
    if (block > 0) {
      target.copyWithin(header + STORED_BLOCK_HEADER_SIZE_BYTES, contentStart + from, contentStart + from + sizeBytes);
    }
    target[header] = block === blocks - 1 ? 1 : 0;
    target.writeUInt16LE(sizeBytes, header + 1);
    target.writeUInt16LE(~sizeBytes & 0xffff, header + 3);
  }
  return contentStart + contentSizeBytes + (blocks - 1) * STORED_BLOCK_HEADER_SIZE_BYTES;
}

/** Reads the record at `start`. Undefined when there is none that is whole and undamaged. */
export function readRecord(segment: Buffer, start: number): RecordFacts | undefined {
  if (start + OFFSET_SEQUENCE > segment.length) return undefined;
  for (let index = 0; index < MEMBER_HEADER_SIZE_BYTES; index++) {
    if (segment[start + index] !== MEMBER_HEADER[index]) return undefined;
  }
  if (segment[start + OFFSET_SUBFIELD] !== SUBFIELD_ID[0] || segment[start + OFFSET_SUBFIELD + 1] !== SUBFIELD_ID[1])
    return undefined;
  if (segment[start + OFFSET_RECORD_SIZE - 1] !== FORMAT_VERSION) return undefined;
  const sizeBytes = segment.readUInt32LE(start + OFFSET_RECORD_SIZE);
  const end = start + sizeBytes;
  const sequenceEnd = start + OFFSET_SUBFIELD + 4 + segment.readUInt16LE(start + OFFSET_SUBFIELD + 2);
  if (end > segment.length || sequenceEnd > end) return undefined;
  if (checksumOf(segment, start, end) !== segment.readUInt32LE(start + OFFSET_CHECKSUM)) return undefined;
  const sequence = readSequence(segment, start + OFFSET_SEQUENCE, sequenceEnd);
  if (sequence === undefined) return undefined;
  const extraEnd = Math.min(end, start + OFFSET_SUBFIELD + segment.readUInt16LE(start + OFFSET_EXTRA_LENGTH));
  return {
    startByte: start,
    sizeBytes,
    producerId: segment.subarray(start + OFFSET_PRODUCER_ID, start + OFFSET_PRODUCER_ID + 16),
    sequence,
    eventCount: segment.readUInt32LE(start + OFFSET_EVENT_COUNT),
    productName: readProduct(segment, sequenceEnd, extraEnd),
  };
}

/** Where the message of the record at `start` begins: its length, then the collector's fields. */
export function recordContentStart(segment: Buffer, start: number): number {
  return start + OFFSET_SUBFIELD + segment.readUInt16LE(start + OFFSET_EXTRA_LENGTH) + STORED_BLOCK_HEADER_SIZE_BYTES;
}

/** Where the next record may begin at or after `from`: the place of its first bytes, or -1. */
export function findRecordStart(segment: Buffer, from: number): number {
  return segment.indexOf(MEMBER_HEADER, from);
}
