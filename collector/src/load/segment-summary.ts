import { LedgerRowEncoder } from '@telemetry/warehouse';
import { encodeBlock, type SeenEntry } from '../seen/seen-log.ts';
import { FairTurns } from '../spool/fair-turns.ts';
import type { ProductEvents } from '../spool/product-events.ts';
import { readRecordPieces } from '../spool/read-records.ts';
import type { RecordFacts } from '../spool/record-codec.ts';
import { recordStamp } from '../spool/record-stamp.ts';

const NO_PRODUCT = new Uint8Array(0);

/** What is known of the records of a segment without their batches: a few bytes each, so that the segment need not stay in memory. */
export interface SegmentSummary {
  readonly batchCount: number;
  readonly eventCount: number;
  /** Rows of the ledger, see `LedgerRowEncoder`. */
  readonly ledgerRows: Buffer;
  /** What the seen-set logs when they leave the spool. */
  readonly seenBlock: Buffer;
  /** Events by product. */
  readonly products: readonly ProductEvents[];
  /** Some of the producers, in hexadecimal. */
  readonly producersHex: readonly string[];
}

/** Producers of a summary, by any of which its segment is found in the ledger. */
const PRODUCERS_NAMED_MAX = 10;

/**
 * Read from the disk at a time: 200 batches of 1,000 events. Each takes a turn of the thread pool and one of the event loop, which in a busy process takes
 * 30 ms. A whole segment at a time, 21 MB at 300 batches/s, was memory that went as the garbage collector found it.
 */
const READ_SIZE_BYTES = 4 * 1024 * 1024;

/** Summarizes records of a segment. */
export function summarizeSegment(
  bytes: Buffer,
  records: readonly RecordFacts[],
  collectorId: string,
  segmentId: string,
): SegmentSummary {
  const summarizer = new SegmentSummarizer(collectorId, segmentId);
  summarizer.add(bytes, records);
  return summarizer.finish();
}

/**
 * Summarizes a segment's file, with turns of the event loop between: a large segment would keep batches waiting for their acknowledgement.
 *
 * @param readSizeBytes of the file at a time
 * @throws DamagedSegmentError at what is no record
 */
export async function summarizeFile(
  path: string,
  collectorId: string,
  segmentId: string,
  readSizeBytes = READ_SIZE_BYTES,
): Promise<SegmentSummary> {
  const summarizer = new SegmentSummarizer(collectorId, segmentId);
  const turns = new FairTurns();
  for await (const { bytes, records } of readRecordPieces(path, readSizeBytes)) {
    summarizer.add(bytes, records);
    await turns.next();
  }
  return summarizer.finish();
}

class SegmentSummarizer {
  readonly #encoder: LedgerRowEncoder;
  readonly #entries: SeenEntry[] = [];
  readonly #products = new Map<string, { eventCount: number; productName: Uint8Array | undefined }>();
  #eventCount = 0;

  constructor(collectorId: string, segmentId: string) {
    this.#encoder = new LedgerRowEncoder(collectorId, segmentId);
  }

  /** Takes records of a piece of the segment, of which nothing is kept. */
  add(bytes: Buffer, records: readonly RecordFacts[]): void {
    for (const record of records) {
      const { sequence, productName, eventCount } = record;
      const stamp = recordStamp(bytes, record);
      const producerId = Uint8Array.from(record.producerId);
      const digest = Uint8Array.from(stamp.digest);
      const { receivedTimeUs } = stamp;
      const product = productName ?? NO_PRODUCT;
      this.#encoder.add({ producerId, ranges: sequence, eventCount, contentDigest: digest, receivedTimeUs, product });
      this.#entries.push({ producerId, sequence, digest });
      this.#addToProduct(record);
      this.#eventCount += eventCount;
    }
  }

  finish(): SegmentSummary {
    const named = this.#entries.slice(0, PRODUCERS_NAMED_MAX);
    return {
      batchCount: this.#entries.length,
      eventCount: this.#eventCount,
      ledgerRows: this.#encoder.bytes,
      seenBlock: encodeBlock(this.#entries),
      products: [...this.#products.values()],
      producersHex: named.map(({ producerId }) => Buffer.from(producerId).toString('hex')),
    };
  }

  #addToProduct({ productName, eventCount }: RecordFacts): void {
    const name = productName === undefined ? '' : Buffer.from(productName).toString('latin1');
    const known = this.#products.get(name);
    if (known !== undefined) known.eventCount += eventCount;
    // A copy, since the segment is not kept for it.
    else this.#products.set(name, { eventCount, productName: productName && Uint8Array.from(productName) });
  }
}
