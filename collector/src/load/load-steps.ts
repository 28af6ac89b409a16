import type { ClickHouseClient } from '@clickhouse/client';
import { isOnlyCollector, migrate, registerCollector } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import { freshLoadAgeMsMax } from '../limits.ts';
import type { SeenSet } from '../seen/seen-set.ts';
import type { ProductEvents } from '../spool/product-events.ts';
import type { ClosedSegment } from '../spool/segment.ts';
import type { SpoolPair } from '../spool/spool-pair.ts';
import { LoadError } from './load-error.ts';
import type { InsertOutcome, LoadSteps } from './loader.ts';
import type { SegmentLoad } from './segment-load.ts';
import type { SegmentSummary } from './segment-summary.ts';
import { learnLoadSchema } from './warehouse-load.ts';

/** What the steps of a load work with. */
export interface LoadParts {
  readonly client: ClickHouseClient;
  readonly segmentLoad: SegmentLoad;
  readonly seen: SeenSet;
  readonly spool: () => SpoolPair;
  readonly logger: Logger;
  readonly collectorId: string;
  /** Longest load. */
  readonly loadTimeoutMs: number;
  /** Gives a segment to the careful path. */
  readonly takeOver: (segment: ClosedSegment, mustWait: boolean) => Promise<void>;
  /** Milliseconds by a clock that never steps. */
  readonly steadyClock: () => number;
  /** Told what has left the spool, once it has. */
  readonly onRetired?: (products: readonly ProductEvents[], into: 'stored' | 'quarantined') => void;
}

/** Failures of one segment that are logged: the first, and then each time the number has grown tenfold. */
function isWorthLogging(failures: number): boolean {
  return Number.isInteger(Math.log10(failures));
}

/** The effects of loading, on a real warehouse and the real spool. */
export function loadSteps(parts: LoadParts): LoadSteps {
  const { client, segmentLoad, seen, spool, logger, onRetired, collectorId } = parts;
  const summaries = new WeakMap<ClosedSegment, SegmentSummary>();
  let prepared: Promise<void> | undefined;
  const prepare = async () => {
    await migrate(client, { log: (message) => logger.info(message) });
    await registerCollector(client, collectorId);
    await learnLoadSchema(client, { timeoutMs: parts.loadTimeoutMs });
  };
  // At once, so that others reckon with this collector before it has a batch. It takes batches whether or not the warehouse is up.
  prepared = prepare();
  prepared.catch(() => {
    prepared = undefined;
  });
  // What is older than this might be announced when another collector, after its grace, has looked whether it is.
  const isOverdue = ({ oldestMs }: ClosedSegment) =>
    parts.steadyClock() - oldestMs > freshLoadAgeMsMax(parts.loadTimeoutMs);
  const insert = async (segment: ClosedSegment, signal: AbortSignal): Promise<InsertOutcome> => {
    prepared ??= prepare();
    await prepared;
    const mayExistTwice = segment.mayExistTwice === true || isOverdue(segment);
    const hasRivals = mayExistTwice && !(await isOnlyCollector(client, collectorId));
    // What was sent before, this collector itself may have taken, and forgotten.
    if (hasRivals || (segment.wasSentBefore === true && seen.hasForgotten)) {
      await parts.takeOver(segment, hasRivals);
      spool().forget(segment);
      return 'taken over';
    }
    const checkAge = () => {
      if (!mayExistTwice && isOverdue(segment)) throw overdue();
    };
    summaries.set(segment, await segmentLoad.load(segment, signal, checkAge));
    return 'inserted';
  };
  return {
    insert,
    async retire(segment) {
      const summary = summaries.get(segment) ?? (await segmentLoad.summarize(segment));
      await seen.log(summary.seenBlock);
      await spool().remove(segment);
      onRetired?.(summary.products, 'stored');
    },
    async quarantine(segment, error) {
      const { products } = await segmentLoad.rejectAll(segment, error.message);
      await spool().remove(segment);
      onRetired?.(products, 'quarantined');
    },
    onFailure(segment, error, failures) {
      // The warehouse may have been replaced by an empty one.
      prepared = undefined;
      if (isWorthLogging(failures))
        logger.warn({ segment: segment.id, failures, reason: error.message }, 'load failed, trying again');
    },
    onLoaded(segment) {
      summaries.delete(segment);
      logger.debug({ segment: segment.id, sizeBytes: segment.sizeBytes }, 'loaded');
    },
  };
}

function overdue(): LoadError {
  return new LoadError(
    'retryable',
    'The machine has not let the load begin in time; it goes again with care.',
    undefined,
  );
}
