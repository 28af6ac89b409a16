import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { migrate } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import { LOAD_TIMEOUT_MS } from '../limits.ts';
import type { SeenSet } from '../seen/seen-set.ts';
import { flushDirectory } from '../spool/flush-directory.ts';
import { scanSegment } from '../spool/scan-segment.ts';
import type { ClosedSegment } from '../spool/segment.ts';
import type { Spool } from '../spool/spool.ts';
import type { LoadSteps } from './loader.ts';
import { insertSegment } from './warehouse-load.ts';

/** What the steps of a load work with. */
export interface LoadParts {
  readonly client: ClickHouseClient;
  readonly seen: SeenSet;
  readonly spool: () => Spool;
  readonly quarantineFolder: string;
  readonly logger: Logger;
}

/** Failures of one segment that are logged: the first, and then each time the number has grown tenfold. */
function isWorthLogging(failures: number): boolean {
  return Number.isInteger(Math.log10(failures));
}

/** The effects of loading, on a real warehouse and the real spool. */
export function loadSteps({ client, seen, spool, quarantineFolder, logger }: LoadParts): LoadSteps {
  let isMigrated = false;
  return {
    async insert(segment: ClosedSegment, signal: AbortSignal): Promise<void> {
      if (!isMigrated) {
        // Not at start: a collector takes batches whether or not the warehouse is up.
        await migrate(client, { log: (message) => logger.info(message) });
        isMigrated = true;
      }
      await insertSegment(client, segment, LOAD_TIMEOUT_MS, signal);
    },
    async retire(segment) {
      const { records } = scanSegment(await readFile(segment.path));
      await seen.log(records);
      await spool().remove(segment);
    },
    async quarantine(segment, error) {
      await mkdir(quarantineFolder, { recursive: true, mode: 0o700 });
      const target = join(quarantineFolder, basename(segment.path));
      const { records } = scanSegment(await readFile(segment.path));
      await seen.log(records);
      await rename(segment.path, target);
      await flushDirectory(quarantineFolder);
      spool().forget(segment);
      logger.error({ segment: segment.id, target, err: error }, 'the warehouse cannot read a segment; it is set aside');
    },
    onFailure(segment, error, failures) {
      // The warehouse may have been replaced by an empty one.
      isMigrated = false;
      if (isWorthLogging(failures))
        logger.warn({ segment: segment.id, failures, reason: error.message }, 'load failed, trying again');
    },
    onLoaded(segment) {
      logger.debug({ segment: segment.id, sizeBytes: segment.sizeBytes }, 'loaded');
    },
  };
}
