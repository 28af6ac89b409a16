import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { protocolLimits } from '@telemetry/gen';
import { type AccessOptions, REPAIR_LEASE_LOOK_MS, readStandingLeases } from '@telemetry/warehouse';
import type { Logger } from 'pino';
import { grpcServerCredentials } from './access/grpc-credentials.ts';
import { Admission } from './admission/admit-batch.ts';
import { openCarefulPath } from './careful/open-careful-path.ts';
import { CleanUp } from './clean-up.ts';
import { hasCollectorId, readOrMakeCollectorId } from './collector-id.ts';
import { SpoolShares } from './fairness/spool-shares.ts';
import * as limits from './limits.ts';
import { Handover } from './load/handover.ts';
import { LoadGate } from './load/load-gate.ts';
import { loadSteps } from './load/load-steps.ts';
import { Loader } from './load/loader.ts';
import { SegmentLoad } from './load/segment-load.ts';
import type { SegmentSummary } from './load/segment-summary.ts';
import { lockFolder } from './lock-folder.ts';
import { makeFolder } from './make-folder.ts';
import { CollectorMeters } from './metrics/collector-meters.ts';
import { meterLoads } from './metrics/meter-loads.ts';
import { DiskState } from './readiness/disk-state.ts';
import type { Readiness } from './readiness/readiness.ts';
import { SeenSet } from './seen/seen-set.ts';
import type { GatherBounds } from './service/gather-rule.ts';
import { Gathering } from './service/gathering.ts';
import { grpcLoad } from './service/grpc-load.ts';
import { createGrpcServer, setHealth } from './service/grpc-server.ts';
import { IngestShare, productHolder } from './service/ingest-share.ts';
import { LedgerRecall } from './service/ledger-recall.ts';
import { listen } from './service/listen.ts';
import { PauseWatch } from './service/pause-watch.ts';
import { Receiver, type ReceiverCounts } from './service/receiver.ts';
import { RetryDelay } from './service/retry-delay.ts';
import { CollectorFields } from './spool/collector-fields.ts';
import type { ProductEvents } from './spool/product-events.ts';
import type { RecordFacts } from './spool/record-codec.ts';
import { recordStamp } from './spool/record-stamp.ts';
import type { ClosedSegment } from './spool/segment.ts';
import { SpoolPair } from './spool/spool-pair.ts';
import { type CollectorAccess, startAccess } from './start-access.ts';
import { startBlacklist } from './start-blacklist.ts';
import { startOperation } from './start-operation.ts';

/** How a collector is set up. */
export interface CollectorOptions extends AccessOptions {
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
  /**
   * Folder in which a warehouse of ours on this machine takes over columns (`handoverPath` of what it says when it is ready); for this collector alone. Default: they are
   * sent over the connection.
   */
  readonly handoverPath?: string;
  /** Password for it, when it is not in the URL: the key of a warehouse of ours. */
  readonly warehouseKey?: string;
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
  /** When batches gather before they are read. Default `GATHER_BOUNDS`, for what is not given. */
  readonly gatherBounds?: Partial<GatherBounds>;
  /** Milliseconds since 1970, as the machine's clock tells; it may step. Default `Date.now`. */
  readonly clock?: () => number;
  /** Lets hosts beyond this machine connect although nobody is asked for a key, or nothing is encrypted. Default false. */
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
  const { dataDir, logger } = options;
  const access = startAccess(options);
  const stack = new CleanUp();
  stack.defer(() => access.stop());
  try {
    makeFolder(dataDir);
    const lock = await lockFolder(dataDir);
    stack.defer(() => lock.release());
    const client = createClient({
      url: options.warehouseUrl,
      ...(options.warehouseKey === undefined ? {} : { password: options.warehouseKey }),
      request_timeout: options.loadTimeoutMs ?? limits.LOAD_TIMEOUT_MS,
      // The loader logs failures, counted; the client would print each of them.
      log: { level: ClickHouseLogLevel.OFF },
    });
    stack.defer(() => client.close());
    const collector = await assemble(options, client, access, stack);
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
  access: CollectorAccess,
  stack: CleanUp,
): Promise<Collector> {
  const { dataDir, logger } = options;
  const clock = options.clock ?? Date.now;
  const random = Math.random;
  // Made after the seen-set was opened, so that it tells whether there should be logs.
  const hasEarlierLife = await hasCollectorId(dataDir);
  const seen = await SeenSet.open(join(dataDir, 'seen'), SEEN_BOUNDS, randomInt(2 ** 32), hasEarlierLife);
  stack.defer(() => seen.close());
  const collectorId = await readOrMakeCollectorId(dataDir);

  const meters = new CollectorMeters();
  const disk = new DiskState(join(dataDir, 'spool'));
  const loadTimeoutMs = options.loadTimeoutMs ?? limits.LOAD_TIMEOUT_MS;
  const spoolSizeBytesMax = options.spoolSizeBytesMax ?? limits.SPOOL_SIZE_BYTES_MAX_DEFAULT;
  const steadyClock = () => performance.now();
  const quarantineFolder = join(dataDir, 'spool', 'quarantine');
  const onRetired = (products: readonly ProductEvents[], into: 'stored' | 'quarantined') =>
    meters.ledger.retire(products, into);
  const logRejected = ({ seenBlock }: SegmentSummary) => seen.log(seenBlock);
  const onRejected = ({ products }: SegmentSummary) => onRetired(products, 'quarantined');
  const shares = new SpoolShares();
  const onRecordRecovered = (record: RecordFacts, bytes: Buffer, segmentId?: string) => {
    const { producerId, sequence } = record;
    seen.remember({ producerId, sequence, digest: recordStamp(bytes, record).digest });
    meters.ledger.recover(record);
    const { name } = meters.ledger.accountOf(record.productName, true);
    if (segmentId !== undefined) shares.enter(segmentId, new Map([[productHolder(name), record.sizeBytes]]));
  };
  const handover = options.handoverPath === undefined ? undefined : await Handover.open(options.handoverPath);
  const loading = {
    client,
    ...(handover === undefined ? {} : { handover }),
    collectorId,
    quarantineFolder,
    logger,
    loadTimeoutMs,
  };
  const gate = new LoadGate({
    readLeases: (signal) => readStandingLeases(client, signal),
    lookMs: REPAIR_LEASE_LOOK_MS,
    steadyClock,
    onClosed: ({ heldBy, purpose }) => logger.warn({ heldBy, purpose }, 'loads wait for a repair of the warehouse'),
  });
  const onSetAside = (count: number) => {
    meters.spoolQuarantined += count;
  };
  const segmentLoad = new SegmentLoad({ ...loading, gate, logRejected, onRejected, onDamaged: onSetAside });
  const parts = { ...loading, segmentLoad, seen, clock, steadyClock, onRetired };
  const spoolFolder = join(dataDir, 'spool');
  const careful = await openCarefulPath({ ...parts, spoolFolder, random, onRecordRecovered, onSetAside });
  stack.defer(() => careful.stop());
  const steps = loadSteps({
    ...parts,
    spool: () => spool,
    takeOver: (segment, mustWait) => careful.take(segment, mustWait),
  });
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
  const isLoaderBehind = () => loader.waiting >= limits.LOADS_AT_ONCE_MAX;
  const gathering = new Gathering({
    bounds: { ...limits.GATHER_BOUNDS, ...options.gatherBounds },
    isQuiet: () => receiver.pending === 0 && !isLoaderBehind() && !receiver.stopping.aborted,
    steadyClock,
  });
  // A load needs the spool: what is found while that is being opened waits until it is.
  const found: ClosedSegment[] = [];
  let hasSpool = false;
  const { spool, recovered } = await SpoolPair.open({
    folder: join(dataDir, 'spool'),
    quarantineFolder,
    bounds: SPOOL_BOUNDS,
    spoolSizeBytesMax,
    clock,
    steadyClock,
    isLoaderBehind,
    onSegmentClosed: (segment) => (hasSpool ? loader.add(segment) : void found.push(segment)),
    onRecordRecovered,
    shares,
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
      gathering.committed(batches);
    },
  });
  hasSpool = true;
  for (const segment of found) loader.add(segment);
  meters.spoolQuarantined += recovered.quarantined.length;
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
    share: new IngestShare({ shares, spoolSizeBytesMax, knownSharers: () => access.keys.ingestKeys, retryDelay }),
  });
  const blacklistVersion = () => blacklist.store.version;
  const desk = blacklist.desk(receiver.stopping);
  const load = grpcLoad(retryDelay, () => access.keys.ingestKeys);
  const { server, health } = createGrpcServer(
    receiver,
    admission,
    protocolLimits,
    blacklistVersion,
    desk,
    access.gate,
    load,
  );
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
    gate: access.gate,
    tls: access.tls,
    accessFaults: access.faults,
  };
  const onReadiness = (readiness: Readiness) => setHealth(health, readiness.ready);
  const { watch, webAddress } = await startOperation(options, { ...operated, onReadiness }, stack);
  const credentials = grpcServerCredentials(access.tls);
  const grpcAddress = await listen(server, options.grpcAddress, GRPC_OPTION, credentials, load.connections);

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

const GRPC_OPTION = 'TELEMETRY_GRPC_ADDRESS / --grpc-address';

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
  heavySizeBytes: limits.SEGMENT_HEAVY_SIZE_BYTES,
  heavyAgesMax: limits.SEGMENT_HEAVY_AGES_MAX,
  stagingSizeBytes: limits.STAGING_SIZE_BYTES,
  plainSizeBytesMax: limits.SEGMENT_PLAIN_SIZE_BYTES_MAX,
  columnsPlainSizeBytesMax: limits.SEGMENT_COLUMNS_PLAIN_SIZE_BYTES_MAX,
  columnsEventsMax: limits.SEGMENT_COLUMNS_EVENTS_MAX,
};
