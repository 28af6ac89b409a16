import { FairTurns } from './fair-turns.ts';
import { findRecordStart, type RecordFacts, readRecord } from './record-codec.ts';

/** 256 KiB: 700 records of 5 events, which take 2 ms. */
const SCAN_PIECE_SIZE_BYTES = 256 * 1024;

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
  const scan = new SegmentScan(segment);
  scan.advance(segment.length);
  return scan.content();
}

/**
 * The same a piece at a time, with turns of the event loop between: a large segment takes 100 ms, for which no batch would be acknowledged.
 *
 * @param pieceSizeBytes how much is read before it is asked whether the turn was long enough, at least a record
 * @param turns says when the others are let
 */
export async function scanSegmentInTurns(
  segment: Buffer,
  pieceSizeBytes = SCAN_PIECE_SIZE_BYTES,
  turns = new FairTurns(),
): Promise<SegmentContent> {
  const scan = new SegmentScan(segment);
  while (!scan.advance(pieceSizeBytes)) await turns.next();
  return scan.content();
}

/** Where a scan is, and what it has found. */
class SegmentScan {
  readonly #segment: Buffer;
  readonly #records: RecordFacts[] = [];
  readonly #damaged: DamagedRange[] = [];
  #position = 0;
  #damageStart: number | undefined;

  constructor(segment: Buffer) {
    this.#segment = segment;
  }

  /** Goes on for about so many bytes; says whether the end is reached. */
  advance(sizeBytes: number): boolean {
    const segment = this.#segment;
    const until = Math.min(segment.length, this.#position + sizeBytes);
    while (this.#position < until) {
      const record = readRecord(segment, this.#position);
      if (record !== undefined) {
        if (this.#damageStart !== undefined)
          this.#damaged.push({ startByte: this.#damageStart, endByte: this.#position });
        this.#damageStart = undefined;
        this.#records.push(record);
        this.#position += record.sizeBytes;
        continue;
      }
      this.#damageStart ??= this.#position;
      const next = findRecordStart(segment, this.#position + 1);
      this.#position = next < 0 ? segment.length : next;
    }
    return this.#position >= segment.length;
  }

  content(): SegmentContent {
    const damageStart = this.#damageStart;
    const tail = damageStart === undefined ? undefined : { startByte: damageStart, endByte: this.#segment.length };
    return { records: this.#records, damaged: this.#damaged, tail };
  }
}
