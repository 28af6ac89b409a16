import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { dropStaleClaims, isSegmentAnnounced, readClaims, setClaims } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import { CAREFUL_RETRY_MS_MAX, carefulGraceMs } from '../limits.ts';
import { toLoadError } from '../load/load-error.ts';
import { rejectRecords } from '../load/reject-records.ts';
import type { SegmentLoad } from '../load/segment-load.ts';
import { summarizeSegment } from '../load/segment-summary.ts';
import type { SeenSet } from '../seen/seen-set.ts';
import type { ProductEvents } from '../spool/product-events.ts';
import type { RecordVisitor } from '../spool/recover-segments.ts';
import { CarefulFiles } from './careful-files.ts';
import { CarefulLoader } from './careful-loader.ts';

/** What the careful path works with. */
export interface CarefulParts {
  readonly client: ClickHouseClient;
  readonly segmentLoad: SegmentLoad;
  readonly collectorId: string;
  readonly spoolFolder: string;
  readonly quarantineFolder: string;
  readonly seen: SeenSet;
  readonly logger: Logger;
  readonly loadTimeoutMs: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Milliseconds by a clock that never steps. */
  readonly steadyClock: () => number;
  readonly random: () => number;
  /** Told what an earlier life has left here. */
  readonly onRecordRecovered: RecordVisitor;
  /** Told how many damaged parts were set aside. */
  readonly onSetAside: (parts: number) => void;
  /** Told what has left, once it has. */
  readonly onRetired: (products: readonly ProductEvents[], into: 'stored' | 'quarantined') => void;
}

/** Opens the careful path on a real warehouse and takes up what an earlier life has left. */
export async function openCarefulPath(parts: CarefulParts): Promise<CarefulLoader> {
  const { client, segmentLoad, collectorId, quarantineFolder, clock, steadyClock, random, seen, logger } = parts;
  let version = 0;
  const nextVersion = () => {
    version = Math.max(version + 1, clock() * 1000);
    return version;
  };
  const files = new CarefulFiles(join(parts.spoolFolder, 'careful'), quarantineFolder, parts.onSetAside);
  const loader = new CarefulLoader(
    files,
    {
      setClaims: (segment, claims, isActive) =>
        setClaims(client, collectorId, segment, claims, isActive, nextVersion()),
      dropStaleClaims: (held) => dropStaleClaims(client, collectorId, held, nextVersion()),
      readClaims: (segment) => readClaims(client, collectorId, segment),
      isAnnounced: (segment, producersHex) => isSegmentAnnounced(client, segment, producersHex),
      async load(file, signal) {
        try {
          return await segmentLoad.load(file, signal);
        } catch (cause) {
          const error = toLoadError(cause);
          if (error.kind === 'retryable') throw error;
          const { products } = await segmentLoad.rejectAll(file, error.message);
          parts.onRetired(products, 'quarantined');
          return summarizeSegment(Buffer.alloc(0), [], collectorId, file.id);
        }
      },
      async rejectConflicting({ id }, bytes, records) {
        const message = 'Numbers of the batch were taken before, in a batch with other content.';
        const why = { reason: 'sequence_conflict', message, isInLedger: false } as const;
        const file = await rejectRecords({ client, collectorId, quarantineFolder }, { id, bytes }, records, why);
        logger.warn({ segment: id, file, batchCount: records.length }, 'set aside batches whose numbers were taken');
      },
      summarize: ({ id }, bytes, records) => summarizeSegment(bytes, records, collectorId, id),
      async remember({ seenBlock, products }, as) {
        await seen.log(seenBlock);
        parts.onRetired(products, as === 'rejected' ? 'quarantined' : 'stored');
      },
      onFailure(file, error, failures) {
        if (Number.isInteger(Math.log10(failures)))
          logger.warn({ segment: file.id, failures, reason: String(error) }, 'a careful load failed, trying again');
      },
    },
    { graceMs: carefulGraceMs(parts.loadTimeoutMs), retryMsMax: CAREFUL_RETRY_MS_MAX, steadyClock, random },
  );
  await loader.open(parts.onRecordRecovered);
  return loader;
}
