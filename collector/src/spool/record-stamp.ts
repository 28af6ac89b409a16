import { WireCursor } from '../admission/wire-cursor.ts';
import { type RecordFacts, recordContentStart } from './record-codec.ts';

/** `EventBatch.received_time_unix_us`, a varint. */
const TAG_RECEIVED_TIME = 100 * 8;
/** `EventBatch.content_digest`, fixed 64 bits. */
const TAG_CONTENT_DIGEST = 102 * 8 + 1;
const DIGEST_SIZE_BYTES = 8;

/** What the collector has put in front of a batch. */
export interface RecordStamp {
  /** Digest of the batch as it was sent: 8 bytes, little endian. A view. */
  readonly digest: Uint8Array;
  /** Microseconds since 1970, by the collector's clock. */
  readonly receivedTimeUs: number;
}

const cursor = new WireCursor();

/**
 * Reads the fields that the collector has put in front of a record's batch.
 *
 * @throws Error when they are not there, which no record with a right checksum can be without
 */
export function recordStamp(segment: Buffer, record: RecordFacts): RecordStamp {
  const end = record.startByte + record.sizeBytes;
  cursor.reset(segment);
  cursor.position = recordContentStart(segment, record.startByte);
  cursor.varint(end);
  let digest: Uint8Array | undefined;
  let receivedTimeUs: number | undefined;
  while (cursor.position < end && (digest === undefined || receivedTimeUs === undefined)) {
    const tag = cursor.tag(end);
    if (tag === TAG_CONTENT_DIGEST) {
      digest = segment.subarray(cursor.position, cursor.position + DIGEST_SIZE_BYTES);
      cursor.position += DIGEST_SIZE_BYTES;
    } else if (tag === TAG_RECEIVED_TIME) receivedTimeUs = cursor.varint(end);
    else cursor.skipValue(tag & 7, end);
  }
  if (digest === undefined || receivedTimeUs === undefined) {
    throw new Error(`The record at byte ${record.startByte} has no digest or no receive time.`);
  }
  return { digest, receivedTimeUs };
}
