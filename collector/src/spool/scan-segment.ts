import { findRecordStart, type RecordFacts, readRecord } from './record-codec.ts';

/** Bytes of a segment that are no record. */
export interface DamagedRange {
  readonly startByte: number;
  readonly endByte: number;
}

/** What a segment holds. */
export interface SegmentContent {
  readonly records: readonly RecordFacts[];
  /** Bytes between records: a record that was damaged after it was written. */
  readonly damaged: readonly DamagedRange[];
  /** Bytes after the last record: as a rule one that was being written when the collector died, so never acknowledged. */
  readonly tail: DamagedRange | undefined;
}

/** Finds the records of a segment by their checksums, stepping over what is damaged. */
export function scanSegment(segment: Buffer): SegmentContent {
  const records: RecordFacts[] = [];
  const damaged: DamagedRange[] = [];
  let position = 0;
  let damageStart: number | undefined;
  while (position < segment.length) {
    const record = readRecord(segment, position);
    if (record !== undefined) {
      if (damageStart !== undefined) damaged.push({ startByte: damageStart, endByte: position });
      damageStart = undefined;
      records.push(record);
      position += record.sizeBytes;
      continue;
    }
    damageStart ??= position;
    const next = findRecordStart(segment, position + 1);
    if (next < 0) break;
    position = next;
  }
  const tail = damageStart === undefined ? undefined : { startByte: damageStart, endByte: segment.length };
  return { records, damaged, tail };
}
