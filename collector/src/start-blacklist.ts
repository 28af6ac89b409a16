import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { protocolLimits } from '@telemetry/gen';
import type { Logger } from 'pino';
import { BlacklistChanger } from './blacklist/blacklist-changer.ts';
import { warehouseSource } from './blacklist/blacklist-source.ts';
import { BlacklistStore } from './blacklist/blacklist-store.ts';
import type { CleanUp } from './clean-up.ts';
import { BlacklistDesk } from './service/blacklist-desk.ts';
import type { RetryDelay } from './service/retry-delay.ts';
import { BlacklistWatchers } from './service/watch-blacklist.ts';

/** What the blacklist of a collector works with. */
export interface BlacklistParts {
  readonly client: ClickHouseClient;
  readonly dataDir: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly retryDelay: RetryDelay;
  readonly logger: Logger;
}

/** The blacklist in force, and the service that tells and changes it. */
export interface RunningBlacklist {
  readonly store: BlacklistStore;
  /** @param stopping aborted when the collector stops */
  desk(stopping: AbortSignal): BlacklistDesk;
}

/** Random, and short enough to be typed. */
const ID_SIZE_BYTES = 8;

/** Opens the blacklist, before the first batch comes. `stack` stops it. */
export async function startBlacklist(parts: BlacklistParts, stack: CleanUp): Promise<RunningBlacklist> {
  const { client, dataDir, clock, random, retryDelay, logger } = parts;
  const source = warehouseSource(client);
  const store = await BlacklistStore.open({ source, path: join(dataDir, 'blacklist.json'), random, logger });
  stack.defer(() => store.stop());
  const newId = () => randomBytes(ID_SIZE_BYTES).toString('hex');
  const changer = new BlacklistChanger({ store, source, limits: protocolLimits, clock, newId });
  return {
    store,
    desk(stopping) {
      const watchers = new BlacklistWatchers(store, stopping, retryDelay);
      return new BlacklistDesk({ store, source, changer, watchers, retryDelay });
    },
  };
}
