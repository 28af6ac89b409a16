import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { protocolLimits } from '@telemetry/gen';
import { REPAIR_LEASE_LOOK_MS, readStandingLeases } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import { Admission } from './admission/admit-batch.ts';
import { openCarefulPath } from './careful/open-careful-path.ts';
import { CleanUp } from './clean-up.ts';
import { readOrMakeCollectorId } from './collector-id.ts';
import * as limits from './limits.ts';
import { LoadGate } from './load/load-gate.ts';
import { loadSteps } from './load/load-steps.ts';
import { Loader } from './load/loader.ts';
import { SegmentLoad } from './load/segment-load.ts';
import type { SegmentSummary } from './load/segment-summary.ts';
import { lockFolder } from './lock-folder.ts';
import { makeFolder } from './make-folder.ts';
import { CollectorMeters } from './metrics/collector-meters.ts';
import type { StoredRecord } from './metrics/event-ledger.ts';
import { meterLoads } from './metrics/meter-loads.ts';
import { DiskState } from './readiness/disk-state.ts';
import type { Readiness } from './readiness/readiness.ts';
import { SeenSet } from './seen/seen-set.ts';
import { createGrpcServer, setHealth } from './service/grpc-server.ts';
import { LedgerRecall } from './service/ledger-recall.ts';
import { isLoopback, listen, parseAddress } from './service/listen.ts';
import { PauseWatch } from './service/pause-watch.ts';
import { Receiver, type ReceiverCounts } from './service/receiver.ts';
import { RetryDelay } from './service/retry-delay.ts';
import { CollectorFields } from './spool/collector-fields.ts';
import type { RecordFacts } from './spool/record-codec.ts';
import { recordStamp } from './spool/record-stamp.ts';
import { SpoolPair } from './spool/spool-pair.ts';
import { startBlacklist } from './start-blacklist.ts';
import { StartError } from './start-error.ts';
import { startOperation } from './start-operation.ts';

/** How a collector is set up. */
export interface CollectorOptions {
  /** Folder of the spool and the seen-set; made if it is not there, with mode 0700. One collector a folder. */
  readonly dataDir: string;
  /** `host:port` of the gRPC server; port 0 takes a free one. */
  readonly grpcAddress: string;
  /** `host:port` of the web port; port 0 takes a free one. Not set: none. */
  readonly webAddress?: string;
  /** Origins whose scripts may use the web port; `*` stands for all. Default none. */
  readonly webAllowedOrigins?: readonly string[];
  /** URL of a ClickHouse HTTP interface, with user and password if it needs them. */
  readonly warehouseUrl: string;
  readonly logger: Logger;
  /** Spooled bytes at which batches are refused. Default `SPOOL_SIZE_BYTES_MAX_DEFAULT`. */
  readonly spoolSizeBytesMax?: number;
  /**
   * Longest load, in milliseconds. Default `LOAD_TIMEOUT_MS`. With several collectors on a warehouse, what may exist twice waits for as
   * long before it is loaded; it must be the same for all of them.
   */
  readonly loadTimeoutMs?: number;
  /** How long a segment may wait for the warehouse before the collector is not ready. Default `LOADER_LAG_MS_MAX_DEFAULT`. */
  readonly loaderLagMsMax?: number;
  /** Lets hosts beyond this machine connect although nobody is asked for a key. Default false. */
  readonly dangerouslyAllowRemote?: boolean;
}

/** A running collector. */
export interface Collector {
  /** `host:port` as bound. */
  readonly grpcAddress: string;
  /** `host:port` as bound, when there is a web port. */
  readonly webAddress: string | undefined;
  readonly counts: Readonly<ReceiverCounts>;
  /**
   * Stops: refuses new batches, acknowledges what waits, loads what is spooled. What is not loaded within the time stays in the spool
   * and is loaded at the next start. Says whether all was loaded.
   */
  close(options?: { drainTimeoutMs?: number }): Promise<{ drained: boolean }>;
}

/** Starts a collector. Throws `StartError`, or `SpoolError`, when it cannot. */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { dataDir, grpcAddress, webAddress, logger } = options;
  refuseRemote(grpcAddress, 'TELEMETRY_GRPC_ADDRESS / --grpc-address', options);
  if (webAddress !== undefined) refuseRemote(webAddress, 'TELEMETRY_WEB_ADDRESS / --web-address', options);
  makeFolder(dataDir);
  const lock = await lockFolder(dataDir);
  const client = createClient({
    url: options.warehouseUrl,
    request_timeout: options.loadTimeoutMs ?? limits.LOAD_TIMEOUT_MS,
    // The loader logs failures, counted; the client would print each of them.
    log: { level: ClickHouseLogLevel.OFF },
  });
  const stack = new CleanUp();
  stack.defer(() => lock.release());
  stack.defer(() => client.close());
  try {
    const collector = await assemble(options, client, stack);
    logger.info({ grpcAddress: collector.grpcAddress, webAddress: collector.webAddress }, 'collector is ready');
    return collector;
  } catch (error) {
    await stack.run();
    throw error;
  }
}

async function assemble(
  options: CollectorOptions,
  client: ReturnType<typeof createClient>,
  stack: CleanUp,
): Promise<Collector> {
  const { dataDir, logger } = options;
  const clock = Date.now;
  const random = Math.random;
  const collectorId = await readOrMakeCollectorId(dataDir);
  const seen = await SeenSet.open(join(dataDir, 'seen'), SEEN_BOUNDS, randomInt(2 ** 32));
  stack.defer(() => seen.close());

  const meters = new CollectorMeters();
  const disk = new DiskState(join(dataDir, 'spool'));
  const loadTimeoutMs = options.loadTimeoutMs ?? limits.LOAD_TIMEOUT_MS;
  const spoolSizeBytesMax = options.spoolSizeBytesMax ?? limits.SPOOL_SIZE_BYTES_MAX_DEFAULT;
  const steadyClock = () => performance.now();
  const quarantineFolder = join(dataDir, 'spool', 'quarantine');
  const onRetired = (products: readonly StoredRecord[], into: 'stored' | 'quarantined') =>
    meters.ledger.retire(products, into);
  const onRejected = async ({ seenBlock, products }: SegmentSummary) => {
    await seen.log(seenBlock);
    onRetired(products, 'quarantined');
  };
  const onRecordRecovered = (record: RecordFacts, bytes: Buffer) => {
    const { producerId, sequence } = record;
    seen.remember({ producerId, sequence, digest: recordStamp(bytes, record).digest });
    meters.ledger.recover(record);
  };
  const loading = { client, collectorId, quarantineFolder, logger, loadTimeoutMs };
  const gate = new LoadGate({
    readLeases: (signal) => readStandingLeases(client, signal),
    lookMs: REPAIR_LEASE_LOOK_MS,
    steadyClock,
    onClosed: ({ heldBy, purpose }) => logger.warn({ heldBy, purpose }, 'loads wait for a repair of the warehouse'),
  });
  const segmentLoad = new SegmentLoad({ ...loading, gate, onRejected });
  const parts = { ...loading, segmentLoad, seen, clock, steadyClock, onRetired };
  const careful = await openCarefulPath({ ...parts, spoolFolder: join(dataDir, 'spool'), random, onRecordRecovered });
  stack.defer(() => careful.stop());
  const steps = loadSteps({ ...parts, spool: () => spool, takeOver: (segment) => careful.take(segment) });
  const retry = { retryMsMin: limits.LOAD_RETRY_MS_MIN, retryMsMax: limits.LOAD_RETRY_MS_MAX, random };
  const loader = new Loader(meterLoads(steps, meters), retry, limits.LOADS_AT_ONCE_MAX);
  // Also when the start fails later on: leftover segments are being loaded by then, and the folder is given up.
  stack.defer(() => loader.stop());
  const pauses = new PauseWatch(
    { pauseMsMax: limits.pauseMsMax(loadTimeoutMs), suspectMs: limits.PAUSE_SUSPECT_MS },
    steadyClock(),
  );
  const ticking = setInterval(() => pauses.tick(steadyClock()), limits.PAUSE_TICK_MS).unref();
  stack.defer(() => clearInterval(ticking));
  const { spool, recovered } = await SpoolPair.open({
    folder: join(dataDir, 'spool'),
    quarantineFolder,
    bounds: SPOOL_BOUNDS,
    spoolSizeBytesMax,
    clock,
    steadyClock,
    isLoaderBehind: () => loader.waiting >= limits.LOADS_AT_ONCE_MAX,
    onSegmentClosed: (segment) => loader.add(segment),
    onRecordRecovered,
    onWriteError: (error) => {
      logger.error({ err: error }, 'the spool cannot write');
      meters.commitFailures++;
      disk.failed(error);
    },
    onCommit: (batches, durationMs) => {
      meters.commitBatches.observe(batches);
      meters.commitSeconds.observe(durationMs / 1000);
      pauses.stalled(durationMs, steadyClock());
      disk.succeeded();
    },
  });
  if (recovered.records > 0 || recovered.tornSizeBytes > 0 || recovered.quarantined.length > 0) {
    const { segments, ...counts } = recovered;
    logger.warn({ segments: segments.length, ...counts }, 'found the spool of an earlier life');
  }

  const retryDelay = new RetryDelay(limits.RETRY_DELAY_MS_MIN, limits.RETRY_DELAY_MS_MAX, random);
  const blacklist = await startBlacklist({ client, dataDir, clock, random, retryDelay, logger }, stack);
  const admission = new Admission(protocolLimits, () => blacklist.store.matcher);
  const receiver = new Receiver({
    admission,
    seen,
    spool,
    recall: new LedgerRecall(client, retryDelay),
    pauses,
    collectorFields: new CollectorFields(collectorId),
    retryDelay,
    clock,
    sequenceSizeBytesMax: limits.RECORD_SEQUENCE_SIZE_BYTES_MAX,
    meters,
  });
  const blacklistVersion = () => blacklist.store.version;
  const desk = blacklist.desk(receiver.stopping);
  const { server, health } = createGrpcServer(receiver, admission, protocolLimits, blacklistVersion, desk);
  const operated = {
    receiver,
    spool,
    loader,
    careful,
    seen,
    disk,
    meters,
    steadyClock,
    spoolSizeBytesMax,
    retryDelay,
    blacklistVersion,
    blacklistDesk: desk,
  };
  const onReadiness = (readiness: Readiness) => setHealth(health, readiness.ready);
  const { watch, webAddress } = await startOperation(options, { ...operated, onReadiness }, stack);
  const grpcAddress = await listen(server, options.grpcAddress, 'TELEMETRY_GRPC_ADDRESS / --grpc-address');

  return {
    grpcAddress,
    webAddress,
    counts: receiver.counts,
    async close({ drainTimeoutMs = limits.DRAIN_TIMEOUT_MS_DEFAULT } = {}) {
      const deadlineMs = clock() + drainTimeoutMs;
      receiver.stopTaking();
      // Health goes with it, before anything else is told.
      watch.now();
      // What a broken disk keeps from closing is found at the next start; the rest of the stop must not wait for it.
      await spool.close().catch((error: unknown) => logger.error({ err: error }, 'the spool cannot close its segment'));
      // Streams end by themselves now; one whose client does not read is cut.
      await Promise.race([server.shutdown(), setTimeout(limits.STREAM_END_TIMEOUT_MS, undefined, { ref: false })]);
      server.forceShutdown();
      const result = await loader.drain(Math.max(0, deadlineMs - clock()));
      await stack.run();
      logger.info({ result }, 'collector has stopped');
      return { drained: result === 'drained' };
    },
  };
}

const SEEN_BOUNDS = {
  producersPerGenerationMax: limits.SEEN_PRODUCERS_PER_GENERATION_MAX,
  digestsPerGenerationMax: limits.SEEN_DIGESTS_PER_GENERATION_MAX,
  logSizeBytesMax: limits.SEEN_LOG_SIZE_BYTES_MAX,
  rangesPerProducerMax: limits.SEEN_RANGES_PER_PRODUCER_MAX,
};

const SPOOL_BOUNDS = {
  segmentSizeBytesMax: limits.SEGMENT_SIZE_BYTES_MAX,
  segmentAgeMsMax: limits.SEGMENT_AGE_MS_MAX,
  segmentAgesMax: limits.SEGMENT_AGES_MAX,
  stagingSizeBytes: limits.STAGING_SIZE_BYTES,
  plainSizeBytesMax: limits.SEGMENT_PLAIN_SIZE_BYTES_MAX,
};

/** Nobody is asked for a key, so nobody else may reach the address. */
function refuseRemote(address: string, option: string, { dangerouslyAllowRemote }: CollectorOptions): void {
  const { host } = parseAddress(address, option);
  if (isLoopback(host) || dangerouslyAllowRemote === true) return;
  throw new StartError(
    `${option}: ${address} can be reached from other machines, and nobody would be asked for a key. ` +
      'Listen on 127.0.0.1, or say --dangerously-allow-remote.',
  );
}
