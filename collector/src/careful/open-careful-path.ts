import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { dropStaleClaims, readClaims, setClaims } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import { CAREFUL_RETRY_MS_MAX, carefulGraceMs } from '../limits.ts';
import { insertSegment } from '../load/warehouse-load.ts';
import type { SeenSet } from '../seen/seen-set.ts';
import type { RecordFacts } from '../spool/record-codec.ts';
import { CarefulFiles } from './careful-files.ts';
import { CarefulLoader } from './careful-loader.ts';

/** What the careful path works with. */
export interface CarefulParts {
  readonly client: ClickHouseClient;
  readonly collectorId: string;
  readonly spoolFolder: string;
  readonly seen: SeenSet;
  readonly logger: Logger;
  readonly loadTimeoutMs: number;
  readonly clock: () => number;
  readonly random: () => number;
  /** Told what an earlier life has left here. */
  readonly onRecordRecovered: (record: RecordFacts) => void;
  /** Told what has left, once it has. */
  readonly onRetired: (records: readonly RecordFacts[]) => void;
}

/** Opens the careful path on a real warehouse and takes up what an earlier life has left. */
export async function openCarefulPath(parts: CarefulParts): Promise<CarefulLoader> {
  const { client, collectorId, clock, random, seen, logger, loadTimeoutMs } = parts;
  let version = 0;
  const nextVersion = () => {
    version = Math.max(version + 1, clock() * 1000);
    return version;
  };
  const loader = new CarefulLoader(
    new CarefulFiles(join(parts.spoolFolder, 'careful')),
    {
      setClaims: (segment, claims, isActive) =>
        setClaims(client, collectorId, segment, claims, isActive, nextVersion()),
      dropStaleClaims: (held) => dropStaleClaims(client, collectorId, held, nextVersion()),
      readClaims: (segment) => readClaims(client, collectorId, segment),
      insert: (file, signal) => insertSegment(client, { ...file, sizeBytes: 0 }, loadTimeoutMs, signal),
      async remember(records) {
        await seen.log(records);
        parts.onRetired(records);
      },
      onFailure(file, error, failures) {
        if (Number.isInteger(Math.log10(failures)))
          logger.warn({ segment: file.id, failures, reason: String(error) }, 'a careful load failed, trying again');
      },
    },
    { graceMs: carefulGraceMs(loadTimeoutMs), retryMsMax: CAREFUL_RETRY_MS_MAX, clock, random },
  );
  await loader.open();
  for (const record of loader.takeRecovered()) parts.onRecordRecovered(record);
  return loader;
}
