import { LedgerRowEncoder } from '@telemetry/warehouse';
import { encodeBlock, type SeenEntry } from '../seen/seen-log.ts';
import type { RecordFacts } from '../spool/record-codec.ts';
import { recordStamp } from '../spool/record-stamp.ts';
import type { StoredRecord } from './stored-record.ts';

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
  readonly products: readonly StoredRecord[];
  /** Some of the producers, in hexadecimal. */
  readonly producersHex: readonly string[];
}

/** Producers of a summary, by any of which its segment is found in the ledger. */
const PRODUCERS_NAMED_MAX = 10;

/** Summarizes records of a segment. */
export function summarizeSegment(
  bytes: Buffer,
  records: readonly RecordFacts[],
  collectorId: string,
  segmentId: string,
): SegmentSummary {
  const encoder = new LedgerRowEncoder(collectorId, segmentId);
  const entries: SeenEntry[] = [];
  let eventCount = 0;
  for (const record of records) {
    const { producerId, sequence, productName } = record;
    const { digest, receivedTimeUs } = recordStamp(bytes, record);
    encoder.add({
      producerId,
      ranges: sequence,
      eventCount: record.eventCount,
      contentDigest: digest,
      receivedTimeUs,
      product: productName ?? NO_PRODUCT,
    });
    entries.push({ producerId, sequence, digest });
    eventCount += record.eventCount;
  }
  const named = records.slice(0, PRODUCERS_NAMED_MAX).map(({ producerId }) => Buffer.from(producerId).toString('hex'));
  return {
    batchCount: records.length,
    eventCount,
    ledgerRows: encoder.bytes,
    seenBlock: encodeBlock(entries),
    products: eventsByProduct(records),
    producersHex: named,
  };
}

function eventsByProduct(records: readonly RecordFacts[]): StoredRecord[] {
  const products = new Map<string, { eventCount: number; productName: Uint8Array | undefined }>();
  for (const { productName, eventCount } of records) {
    const name = productName === undefined ? '' : Buffer.from(productName).toString('latin1');
    const known = products.get(name);
    if (known !== undefined) known.eventCount += eventCount;
    // A copy, since the segment is not kept for it.
    else products.set(name, { eventCount, productName: productName && Uint8Array.from(productName) });
  }
  return [...products.values()];
}
