import { Encoding } from '@telemetry/gen/constants';
import { type Compression, type Gzip, gunzip } from './gzip.ts';
import { batchBytesMax, gzipAsideBytesMin, sealedBytesMax } from './limits.ts';
import { type SealedBatch, sealBytes, sealCompressed } from './seal-batch.ts';
import { assembleBatch, type DroppedRange } from './wire/encode-batch.ts';
import { type BatchParts, halve, readBatchParts } from './wire/split-batch.ts';

/** What a batch accounts for. */
export interface BatchFacts {
  /** Number of its first event; 0 when it has none. */
  readonly firstSeq: number;
  /** Number of its last event; 0 when it has none. */
  readonly lastSeq: number;
  readonly eventCount: number;
  /** What it declares. */
  readonly dropped: readonly DroppedRange[];
}

/** A sealed batch, and what it accounts for. */
export interface AccountedBatch extends SealedBatch, BatchFacts {}

/** What came of sealing: batches, and what fits into none however small. */
export interface SealResult {
  readonly batches: readonly AccountedBatch[];
  /** Numbers of events that are too large even alone. */
  readonly oversize: readonly number[];
  /** Declarations that are too large even alone, which says that the core is. */
  readonly undeclared: readonly DroppedRange[];
}

/** Seals an encoded batch: as one or, where that comes out too large, as several. */
export function sealWithinLimits(bytes: Uint8Array, facts: BatchFacts, gzip: Gzip): SealResult {
  if (bytes.length <= batchBytesMax) {
    const sealed = sealBytes(bytes, facts.eventCount, gzip);
    if (sealed.bytes.length <= sealedBytesMax) {
      return whole(sealed, facts);
    }
  }
  return sealHalves(readBatchParts(bytes), gzip);
}

/**
 * The same, compressed on another thread where that pays; what comes out too large is halved on this one. Undefined: it does not pay, or there
 * is no other thread.
 */
export function sealAside(
  bytes: Uint8Array,
  facts: BatchFacts,
  { gzip, gzipAside }: Compression,
): Promise<SealResult> | undefined {
  if (gzipAside === undefined || bytes.length < gzipAsideBytesMin || bytes.length > batchBytesMax) {
    return undefined;
  }
  return gzipAside(bytes).then((compressed) => {
    const sealed = sealCompressed(bytes, compressed, facts.eventCount);
    return sealed.bytes.length <= sealedBytesMax ? whole(sealed, facts) : sealHalves(readBatchParts(bytes), gzip);
  });
}

function whole(sealed: SealedBatch, facts: BatchFacts): SealResult {
  return { batches: [{ ...sealed, ...facts }], oversize: [], undeclared: [] };
}

/** Seals what a batch holds as two or more: whoever it was sent to wants it smaller. */
export function sealHalves(parts: BatchParts, gzip: Gzip): SealResult {
  if (parts.events.length + parts.dropped.length <= 1) {
    return { batches: [], oversize: parts.events.map(({ seq }) => seq), undeclared: parts.dropped };
  }
  const [first, second] = halve(parts);
  const results = [sealPart(first, gzip), sealPart(second, gzip)];
  return {
    batches: results.flatMap((result) => result.batches),
    oversize: results.flatMap((result) => result.oversize),
    undeclared: results.flatMap((result) => result.undeclared),
  };
}

/** Seals what a batch holds as batches of at most so many bytes, where one event is not larger. */
export function sealPieces(batch: AccountedBatch, sizeBytesMax: number, gzip: Gzip): SealResult {
  if (batch.bytes.length <= sizeBytesMax || batch.eventCount + batch.dropped.length <= 1) {
    return { batches: [batch], oversize: [], undeclared: [] };
  }
  const { batches, oversize, undeclared } = sealHalves(unseal(batch), gzip);
  return { batches: batches.flatMap((half) => sealPieces(half, sizeBytesMax, gzip).batches), oversize, undeclared };
}

function sealPart(parts: BatchParts, gzip: Gzip): SealResult {
  const { producerId, coreBytes, eventsBytes, events, dropped } = parts;
  if (events.length + dropped.length === 0) {
    return { batches: [], oversize: [], undeclared: [] };
  }
  const facts: BatchFacts = {
    firstSeq: events[0]?.seq ?? 0,
    lastSeq: events.at(-1)?.seq ?? 0,
    eventCount: events.length,
    dropped,
  };
  return sealWithinLimits(assembleBatch(producerId, coreBytes, eventsBytes, dropped), facts, gzip);
}

/** What a sealed batch of this client holds. */
export function unseal(sealed: SealedBatch): BatchParts {
  return readBatchParts(sealed.encoding === Encoding.GZIP ? gunzip(sealed.bytes) : sealed.bytes);
}
