import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { protocolLimits } from '@telemetry/gen';
import type { Logger } from 'pino';
import { Admission } from './admission/admit-batch.ts';
import { CleanUp } from './clean-up.ts';
import { readOrMakeCollectorId } from './collector-id.ts';
import * as limits from './limits.ts';
import { loadSteps } from './load/load-steps.ts';
import { Loader } from './load/loader.ts';
import { lockFolder } from './lock-folder.ts';
import { makeFolder } from './make-folder.ts';
import { SeenSet } from './seen/seen-set.ts';
import { createGrpcServer, setHealth } from './service/grpc-server.ts';
import { isLoopback, listen, parseAddress } from './service/listen.ts';
import { Receiver, type ReceiverCounts } from './service/receiver.ts';
import { RetryDelay } from './service/retry-delay.ts';
import { CollectorFields } from './spool/collector-fields.ts';
import { Spool } from './spool/spool.ts';
import { StartError } from './start-error.ts';

/** How a collector is set up. */
export interface CollectorOptions {
  /** Folder of the spool and the seen-set; made if it is not there, with mode 0700. One collector a folder. */
  readonly dataDir: string;
  /** `host:port` of the gRPC server; port 0 takes a free one. */
  readonly grpcAddress: string;
  /** URL of a ClickHouse HTTP interface, with user and password if it needs them. */
  readonly warehouseUrl: string;
  readonly logger: Logger;
  /** Spooled bytes at which batches are refused. Default `SPOOL_SIZE_BYTES_MAX_DEFAULT`. */
  readonly spoolSizeBytesMax?: number;
  /** Lets hosts beyond this machine connect although nobody is asked for a key. Default false. */
  readonly dangerouslyAllowRemote?: boolean;
}

/** A running collector. */
export interface Collector {
  /** `host:port` as bound. */
  readonly grpcAddress: string;
  readonly counts: Readonly<ReceiverCounts>;
  /**
   * Stops: refuses new batches, acknowledges what waits, loads what is spooled. What is not loaded within the time stays in the spool
   * and is loaded at the next start. Says whether all was loaded.
   */
  close(options?: { drainTimeoutMs?: number }): Promise<{ drained: boolean }>;
}

/** Starts a collector. Throws `StartError`, or `SpoolError`, when it cannot. */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { dataDir, grpcAddress, logger } = options;
  const { host } = parseAddress(grpcAddress, 'TELEMETRY_GRPC_ADDRESS / --grpc-address');
  if (!isLoopback(host) && options.dangerouslyAllowRemote !== true) throw remoteRefused(grpcAddress);
  makeFolder(dataDir);
  const lock = await lockFolder(dataDir);
  const client = createClient({
    url: options.warehouseUrl,
    request_timeout: limits.LOAD_TIMEOUT_MS,
    // The loader logs failures, counted; the client would print each of them.
    log: { level: ClickHouseLogLevel.OFF },
  });
  const stack = new CleanUp();
  stack.defer(() => lock.release());
  stack.defer(() => client.close());
  try {
    const collector = await assemble(options, client, stack);
    logger.info({ grpcAddress: collector.grpcAddress }, 'collector is ready');
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

  const parts = { client, seen, spool: () => spool, quarantineFolder: join(dataDir, 'spool', 'quarantine'), logger };
  const retry = { retryMsMin: limits.LOAD_RETRY_MS_MIN, retryMsMax: limits.LOAD_RETRY_MS_MAX, random };
  const loader = new Loader(loadSteps(parts), retry);
  // Also when the start fails later on: leftover segments are being loaded by then, and the folder is given up.
  stack.defer(() => loader.stop());
  const { spool, recovered } = await Spool.open({
    folder: join(dataDir, 'spool'),
    bounds: { ...SPOOL_BOUNDS, spoolSizeBytesMax: options.spoolSizeBytesMax ?? limits.SPOOL_SIZE_BYTES_MAX_DEFAULT },
    clock,
    onSegmentClosed: (segment) => loader.add(segment),
    onRecordRecovered: (record) => seen.remember(record.producerId, record.sequence),
    onWriteError: (error) => logger.error({ err: error }, 'the spool cannot write'),
  });
  if (recovered.records > 0 || recovered.tornSizeBytes > 0 || recovered.quarantined.length > 0) {
    const { segments, ...counts } = recovered;
    logger.warn({ segments: segments.length, ...counts }, 'found the spool of an earlier life');
  }

  const admission = new Admission(protocolLimits);
  const receiver = new Receiver({
    admission,
    seen,
    spool,
    collectorFields: new CollectorFields(collectorId),
    retryDelay: new RetryDelay(limits.RETRY_DELAY_MS_MIN, limits.RETRY_DELAY_MS_MAX, random),
    clock,
    sequenceSizeBytesMax: limits.RECORD_SEQUENCE_SIZE_BYTES_MAX,
  });
  const { server, health } = createGrpcServer(receiver, admission, protocolLimits, () => 0);
  const grpcAddress = await listen(server, options.grpcAddress, 'TELEMETRY_GRPC_ADDRESS / --grpc-address');
  setHealth(health, true);

  return {
    grpcAddress,
    counts: receiver.counts,
    async close({ drainTimeoutMs = limits.DRAIN_TIMEOUT_MS_DEFAULT } = {}) {
      const deadlineMs = clock() + drainTimeoutMs;
      setHealth(health, false);
      receiver.stopTaking();
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
  logSizeBytesMax: limits.SEEN_LOG_SIZE_BYTES_MAX,
  rangesPerProducerMax: limits.SEEN_RANGES_PER_PRODUCER_MAX,
};

const SPOOL_BOUNDS = {
  segmentSizeBytesMax: limits.SEGMENT_SIZE_BYTES_MAX,
  segmentAgeMsMax: limits.SEGMENT_AGE_MS_MAX,
  stagingSizeBytes: limits.STAGING_SIZE_BYTES,
  plainSizeBytesMax: limits.SEGMENT_PLAIN_SIZE_BYTES_MAX,
};

function remoteRefused(address: string): StartError {
  return new StartError(
    `TELEMETRY_GRPC_ADDRESS / --grpc-address: ${address} can be reached from other machines, and nobody would be asked for a key. ` +
      'Listen on 127.0.0.1, or say --dangerously-allow-remote.',
  );
}
