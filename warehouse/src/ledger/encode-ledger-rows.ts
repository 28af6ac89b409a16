/** What the ledger holds of a batch. */
export interface LedgerRow {
  /** 16 bytes. */
  readonly producerId: Uint8Array;
  /** All numbers that the batch settles, as first and last of each run, sorted. At least one run. */
  readonly ranges: readonly number[];
  /** Rows that it has in `events`. */
  readonly eventCount: number;
  /** 8 bytes, little endian. */
  readonly contentDigest: Uint8Array;
  /** Microseconds since 1970, from 0 to the end of 2149-06-05. */
  readonly receivedTimeUs: number;
  /** UTF-8. */
  readonly product: Uint8Array;
}

/** Columns of a row, in the order in which they are encoded. */
export const ledgerColumns =
  'producer_id, first_seq, last_seq, event_count, dropped_count, ranges, content_digest, received_time, collector_id, segment_id, product, day';

const US_PER_DAY = 86_400_000_000;
/** All columns of fixed size, and the lengths of the three texts and the array at their largest. */
const FIXED_SIZE_BYTES = 16 + 8 + 8 + 4 + 8 + 8 + 8 + 2 + 4 * 5;
const RANGE_SIZE_BYTES = 16;

/** Serializes rows in ClickHouse's `RowBinary`, which it reads without parsing text. Integers are little endian. */
export class LedgerRowEncoder {
  readonly #collectorId: Buffer;
  readonly #segmentId: Buffer;
  #buffer = Buffer.allocUnsafe(16_384);
  #sizeBytes = 0;

  constructor(collectorId: string, segmentId: string) {
    this.#collectorId = Buffer.from(collectorId);
    this.#segmentId = Buffer.from(segmentId);
  }

  /** The rows so far. A view. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#sizeBytes);
  }

  /** Adds a row. */
  add(row: LedgerRow): void {
    const { ranges } = row;
    this.#reserve(row);
    this.#bytes(row.producerId);
    this.#uint64(ranges[0] as number);
    this.#uint64(ranges[ranges.length - 1] as number);
    this.#uint32(row.eventCount);
    this.#uint64(countOf(ranges) - row.eventCount);
    this.#ranges(ranges);
    this.#bytes(row.contentDigest);
    this.#uint64(row.receivedTimeUs);
    this.#text(this.#collectorId);
    this.#text(this.#segmentId);
    this.#text(row.product);
    this.#sizeBytes = this.#buffer.writeUInt16LE(Math.floor(row.receivedTimeUs / US_PER_DAY), this.#sizeBytes);
  }

  #reserve({ ranges, product }: LedgerRow): void {
    const texts = this.#collectorId.length + this.#segmentId.length + product.length;
    const needed = this.#sizeBytes + FIXED_SIZE_BYTES + texts + (ranges.length / 2) * RANGE_SIZE_BYTES;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, needed));
    this.#buffer.copy(larger, 0, 0, this.#sizeBytes);
    this.#buffer = larger;
  }

  /** One run needs no more than its bounds. */
  #ranges(ranges: readonly number[]): void {
    const runs = ranges.length === 2 ? 0 : ranges.length / 2;
    this.#varint(runs);
    if (runs > 0) for (const bound of ranges) this.#uint64(bound);
  }

  #text(text: Uint8Array): void {
    this.#varint(text.length);
    this.#bytes(text);
  }

  #bytes(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#sizeBytes);
    this.#sizeBytes += bytes.length;
  }

  #uint32(value: number): void {
    this.#sizeBytes = this.#buffer.writeUInt32LE(value, this.#sizeBytes);
  }

  /** Of a whole number up to 2^53. */
  #uint64(value: number): void {
    this.#uint32(value % 2 ** 32);
    this.#uint32(Math.floor(value / 2 ** 32));
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#buffer[this.#sizeBytes++] = (rest % 128) | 0x80;
    this.#buffer[this.#sizeBytes++] = rest;
  }
}

function countOf(ranges: readonly number[]): number {
  let count = 0;
  for (let index = 0; index < ranges.length; index += 2) {
    count += (ranges[index + 1] as number) - (ranges[index] as number) + 1;
  }
  return count;
}
