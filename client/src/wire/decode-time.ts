import type { ByteReader } from './byte-reader.ts';

/** A `google.protobuf.Duration` in milliseconds; one that lies in the past is none. */
export function decodeDurationMs(reader: ByteReader): number {
  const { seconds, nanos } = decodeSeconds(reader);
  return Math.max(0, seconds * 1000 + nanos / 1e6);
}

/** A `google.protobuf.Timestamp` in milliseconds, as the collector compares it: parts of one count for nothing. */
export function decodeTimestampMs(reader: ByteReader): number {
  const { seconds, nanos } = decodeSeconds(reader);
  return seconds * 1000 + Math.round(nanos / 1e6);
}

/** Durations and timestamps have the same two fields. */
function decodeSeconds(reader: ByteReader): { seconds: number; nanos: number } {
  let seconds = 0;
  let nanos = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x08) {
      seconds = reader.signedVarint();
    } else if (tag === 0x10) {
      nanos = reader.signedVarint();
    } else {
      reader.skip(tag);
    }
  }
  return { seconds, nanos };
}
