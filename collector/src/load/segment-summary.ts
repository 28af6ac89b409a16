import { LedgerRowEncoder } from '@telemetry/warehouse';
import { encodeBlock, type SeenEntry } from '../seen/seen-log.ts';
import { FairTurns } from '../spool/fair-turns.ts';
import type { ProductEvents } from '../spool/product-events.ts';
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

/** Records before it is asked whether the turn was long enough: about 2 ms. */
const RECORDS_A_PIECE = 1_000;

/** Summarizes records of a segment. */
export function summarizeSegment(
  bytes: Buffer,
  records: readonly RecordFacts[],
  collectorId: string,
  segmentId: string,
): SegmentSummary {
  const summarizer = new SegmentSummarizer(bytes, collectorId, segmentId);
  summarizer.add(records);
  return summarizer.finish();
}

/** The same a piece at a time, with turns of the event loop between: a large segment would keep batches waiting for their acknowledgement. */
export async function summarizeSegmentInTurns(
  bytes: Buffer,
  records: readonly RecordFacts[],
  collectorId: string,
  segmentId: string,
): Promise<SegmentSummary> {
  const summarizer = new SegmentSummarizer(bytes, collectorId, segmentId);
  const turns = new FairTurns();
  for (let start = 0; start < records.length; start += RECORDS_A_PIECE) {
    summarizer.add(records.slice(start, start + RECORDS_A_PIECE));
    await turns.next();
  }
  return summarizer.finish();
}

class SegmentSummarizer {
  readonly #bytes: Buffer;
  readonly #encoder: LedgerRowEncoder;
  readonly #entries: SeenEntry[] = [];
  readonly #products = new Map<string, { eventCount: number; productName: Uint8Array | undefined }>();
  #eventCount = 0;

  constructor(bytes: Buffer, collectorId: string, segmentId: string) {
    this.#bytes = bytes;
    this.#encoder = new LedgerRowEncoder(collectorId, segmentId);
  }

  add(records: readonly RecordFacts[]): void {
    for (const record of records) {
      const { producerId, sequence, productName, eventCount } = record;
      const { digest, receivedTimeUs } = recordStamp(this.#bytes, record);
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
