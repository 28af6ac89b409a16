import type { DropReason } from '@telemetry/gen/constants';
import { toRuns } from '../drop-ledger.ts';
import type { Gzip } from '../gzip.ts';
import { batchRangesTarget } from '../limits.ts';
import { type AccountedBatch, sealWithinLimits, unseal } from '../seal-within-limits.ts';
import { assembleBatch, type DroppedRange } from '../wire/encode-batch.ts';
import { fromHex } from './hex.ts';
import type { StoredRecord } from './stored-record.ts';

/** What a producer declares dropped, and under which core. */
export interface Declaration {
  /** 32 hexadecimal digits. */
  readonly producer: string;
  /** The encoded `Core` of the batches that declare it. */
  readonly coreBytes: Uint8Array;
  readonly ranges: readonly DroppedRange[];
}

/** A batch of a producer as a file holds it. */
export function toRecord(batch: AccountedBatch, producer: string): StoredRecord {
  const { encoding, bytes, unsealedSizeBytes, eventCount, firstSeq, lastSeq } = batch;
  const declaredCount = countNumbers(batch.dropped);
  return { producer, encoding, bytes, unsealedSizeBytes, eventCount, firstSeq, lastSeq, declaredCount };
}

/** How many numbers ranges hold. */
export function countNumbers(ranges: readonly DroppedRange[]): number {
  return ranges.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0);
}

/** What has to be declared when a batch is dropped: its events, and what it declares, which nobody has heard then. */
export function declarationOf(record: StoredRecord, reason: DropReason, blacklistVersion?: number): Declaration {
  const { coreBytes, events, dropped } = unseal(record);
  const runs = toRuns(events.map(({ seq }) => seq)).map((run) => ({ ...run, reason, blacklistVersion }));
  return { producer: record.producer, coreBytes, ranges: joinRanges([...runs, ...dropped]) };
}

/** Batches that declare. Those of a producer that touch go together, under the core of the first. */
export function sealDeclarations(declarations: readonly Declaration[], gzip: Gzip): StoredRecord[] {
  const records: StoredRecord[] = [];
  const byProducer = Map.groupBy(declarations, ({ producer }) => producer);
  for (const [producer, ofProducer] of byProducer) {
    const coreBytes = ofProducer[0]?.coreBytes ?? new Uint8Array(0);
    const ranges = joinRanges(ofProducer.flatMap((declaration) => declaration.ranges));
    for (let start = 0; start < ranges.length; start += batchRangesTarget) {
      const dropped = ranges.slice(start, start + batchRangesTarget);
      const bytes = assembleBatch(fromHex(producer), coreBytes, new Uint8Array(0), dropped);
      const { batches } = sealWithinLimits(bytes, { firstSeq: 0, lastSeq: 0, eventCount: 0, dropped }, gzip);
      records.push(...batches.map((batch) => toRecord(batch, producer)));
    }
  }
  return records;
}

/** In the order of their numbers, joined where they touch and say the same. */
function joinRanges(ranges: readonly DroppedRange[]): DroppedRange[] {
  const joined: { firstSeq: number; lastSeq: number; reason: DropReason; blacklistVersion: number | undefined }[] = [];
  for (const { firstSeq, lastSeq, reason, blacklistVersion } of [...ranges].sort((a, b) => a.firstSeq - b.firstSeq)) {
    const last = joined.at(-1);
    if (last?.lastSeq === firstSeq - 1 && last.reason === reason && last.blacklistVersion === blacklistVersion) {
      last.lastSeq = lastSeq;
    } else {
      joined.push({ firstSeq, lastSeq, reason, blacklistVersion });
    }
  }
  return joined;
}
