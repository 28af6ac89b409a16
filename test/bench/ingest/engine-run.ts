import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { ColumnEncoders } from '../../../collector/src/columns/column-encoders.ts';
import { ENCODER_WAIT_MS_MAX, LOAD_TIMEOUT_MS, RECORD_CONTENT_SIZE_BYTES_MAX } from '../../../collector/src/limits.ts';
import { Handover } from '../../../collector/src/load/handover.ts';
import { insertSegment } from '../../../collector/src/load/warehouse-load.ts';
import { askNumber } from './ask.ts';
import { BatchFactory, type FleetOptions } from './batch-factory.ts';
import { processUse } from './process-use.ts';
import { SegmentWriter } from './segment-file.ts';
import { startService } from './service-command.ts';

/** Queries and loads run on libuv's pool; `serve` gives its warehouse the same. */
const ENGINE_THREAD_POOL_SIZE = '16';

/** It would warn that a load may take long. */
const QUIET = { level: ClickHouseLogLevel.OFF };

/** What the engine does alone. */
export interface EngineResult {
  readonly events: number;
  /** Time in INSERTs; that of making the segments is not in it. */
  readonly elapsedMs: number;
  readonly cpuS: number;
}

/**
 * The bare engine: a fresh warehouse process is given the same batches, as segments by the collector's codec, through the same INSERT, one
 * at a time, with nothing else running. Stops after `batchesMax` or when `timeMs` of loading are over.
 */
export async function runEngine(
  folder: string,
  fleet: FleetOptions,
  batchesMax: number,
  timeMs: number,
  signal: AbortSignal,
): Promise<EngineResult> {
  const dataDir = join(folder, 'engine');
  await mkdir(dataDir, { recursive: true });
  const args = ['warehouse', '--json', '--stop-with-parent', '--data-dir', dataDir, '--sql-address', '127.0.0.1:0'];
  const service = await startService(args, { UV_THREADPOOL_SIZE: ENGINE_THREAD_POOL_SIZE });
  const client = createClient({
    url: `http://${service.ready['sql_address']}`,
    request_timeout: LOAD_TIMEOUT_MS,
    log: QUIET,
  });
  try {
    const encoders = new ColumnEncoders(RECORD_CONTENT_SIZE_BYTES_MAX, ENCODER_WAIT_MS_MAX);
    const handover = await Handover.open(String(service.ready['handover_dir']));
    const writer = new SegmentWriter(dataDir, new BatchFactory(fleet), fleet.eventsPerBatch);
    const startCpuS = processUse(service.pid).cpuS;
    let batches = 0;
    let elapsedMs = 0;
    while (batches < batchesMax && elapsedMs < timeMs) {
      const file = await writer.write(batchesMax - batches, Date.now() * 1000);
      const startMs = performance.now();
      await insertSegment({ client, encoders, handover }, file.segment, { timeoutMs: LOAD_TIMEOUT_MS, signal });
      elapsedMs += performance.now() - startMs;
      batches += file.batches;
      await unlink(file.segment.path);
    }
    const events = batches * fleet.eventsPerBatch;
    const stored = await askNumber(client, 'SELECT count() FROM telemetry.events');
    if (stored !== events) throw new Error(`the bare engine stored ${stored} of ${events} events`);
    return { events, elapsedMs, cpuS: processUse(service.pid).cpuS - startCpuS };
  } finally {
    await client.close();
    await service.stop(signal.aborted ? 'now' : 'drain');
  }
}
