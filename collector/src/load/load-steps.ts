import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { isOnlyCollector, migrate, registerCollector } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import { freshLoadAgeMsMax } from '../limits.ts';
import type { SeenSet } from '../seen/seen-set.ts';
import { flushDirectory } from '../spool/flush-directory.ts';
import type { RecordFacts } from '../spool/record-codec.ts';
import { scanSegmentInTurns } from '../spool/scan-segment.ts';
import { type ClosedSegment, createdMs } from '../spool/segment.ts';
import type { Spool } from '../spool/spool.ts';
import type { InsertOutcome, LoadSteps } from './loader.ts';
import { insertSegment } from './warehouse-load.ts';

/** What the steps of a load work with. */
export interface LoadParts {
  readonly client: ClickHouseClient;
  readonly seen: SeenSet;
  readonly spool: () => Spool;
  readonly quarantineFolder: string;
  readonly logger: Logger;
  readonly collectorId: string;
  /** Longest load. */
  readonly loadTimeoutMs: number;
  /** Gives a segment to the careful path. */
  readonly takeOver: (segment: ClosedSegment) => Promise<void>;
  readonly clock: () => number;
  /** Told what has left the spool, once it has. */
  readonly onRetired?: (records: readonly RecordFacts[], into: 'stored' | 'quarantined') => void;
}

/** Failures of one segment that are logged: the first, and then each time the number has grown tenfold. */
function isWorthLogging(failures: number): boolean {
  return Number.isInteger(Math.log10(failures));
}

/** The effects of loading, on a real warehouse and the real spool. */
export function loadSteps(parts: LoadParts): LoadSteps {
  const { client, seen, spool, quarantineFolder, logger, onRetired, collectorId, loadTimeoutMs, takeOver, clock } =
    parts;
  let prepared: Promise<void> | undefined;
  const prepare = async () => {
    await migrate(client, { log: (message) => logger.info(message) });
    await registerCollector(client, collectorId);
  };
  let firstEnded: Promise<void> | undefined;
  // What is older than this might still be loading when another collector, after its grace, looks whether it is there.
  const mayExistTwice = (segment: ClosedSegment) =>
    segment.mayExistTwice === true || clock() - createdMs(segment.id) > freshLoadAgeMsMax(loadTimeoutMs);
  const insert = async (segment: ClosedSegment, signal: AbortSignal): Promise<InsertOutcome> => {
    // Not at start: a collector takes batches whether or not the warehouse is up.
    prepared ??= prepare();
    await prepared;
    if (mayExistTwice(segment) && !(await isOnlyCollector(client, collectorId))) {
      await takeOver(segment);
      spool().forget(segment);
      return 'taken over';
    }
    await insertSegment(client, segment, loadTimeoutMs, signal);
    return 'inserted';
  };
  return {
    async insert(segment: ClosedSegment, signal: AbortSignal): Promise<InsertOutcome> {
      // The engine keeps the schema that comes with a load in a file; of two loads that both find none, one fails. So the first goes
      // alone. This wait comes before the segment's age is looked at: past that, a load must begin at once.
      let end = () => {};
      if (firstEnded !== undefined) await firstEnded;
      else {
        firstEnded = new Promise((resolve) => {
          end = resolve;
        });
      }
      try {
        return await insert(segment, signal);
      } finally {
        end();
      }
    },
    async retire(segment) {
      const { records } = await scanSegmentInTurns(await readFile(segment.path));
      await seen.log(records);
      await spool().remove(segment);
      onRetired?.(records, 'stored');
    },
    async quarantine(segment, error) {
      await mkdir(quarantineFolder, { recursive: true, mode: 0o700 });
      const target = join(quarantineFolder, basename(segment.path));
      const { records } = await scanSegmentInTurns(await readFile(segment.path));
      await seen.log(records);
      await rename(segment.path, target);
      await flushDirectory(quarantineFolder);
      spool().forget(segment);
      onRetired?.(records, 'quarantined');
      logger.error({ segment: segment.id, target, err: error }, 'the warehouse cannot read a segment; it is set aside');
    },
    onFailure(segment, error, failures) {
      // The warehouse may have been replaced by an empty one.
      prepared = undefined;
      firstEnded = undefined;
      if (isWorthLogging(failures))
        logger.warn({ segment: segment.id, failures, reason: error.message }, 'load failed, trying again');
    },
    onLoaded(segment) {
      logger.debug({ segment: segment.id, sizeBytes: segment.sizeBytes }, 'loaded');
    },
  };
}
