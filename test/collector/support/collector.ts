import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventBatch } from '@telemetry/gen';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type Collector, type CollectorOptions, startCollector } from '../../../collector/src/index.ts';
import { RawClient } from './raw-client.ts';
import { batchesOf } from './records.ts';
import { tempFolder } from './temp-folder.ts';

/** Options of a collector that has no warehouse: nothing listens on port 1. */
export function collectorOptions(dataDir: string): CollectorOptions {
  return { dataDir, grpcAddress: '127.0.0.1:0', warehouseUrl: 'http://127.0.0.1:1', logger: pino({ level: 'silent' }) };
}

export interface RunningCollector {
  readonly dataDir: string;
  readonly collector: Collector;
  readonly client: RawClient;
}

/** A collector in this process, with a client; both end with the test. */
export async function runCollector(over: Partial<CollectorOptions> = {}): Promise<RunningCollector> {
  const dataDir = over.dataDir ?? (await tempFolder());
  const collector = await startCollector({ ...collectorOptions(dataDir), ...over });
  const client = new RawClient(collector.grpcAddress);
  onTestFinished(async () => {
    client.close();
    await collector.close({ drainTimeoutMs: 0 });
  });
  return { dataDir, collector, client };
}

/** All batches in the spool, in the order in which they would be loaded. */
export async function spooledBatches(dataDir: string): Promise<EventBatch[]> {
  const folder = join(dataDir, 'spool', 'segments');
  const names = (await readdir(folder)).sort();
  const batches: EventBatch[] = [];
  for (const name of names) {
    const segment = await readFile(join(folder, name));
    if (segment.length > 0) batches.push(...batchesOf(segment));
  }
  return batches;
}

/** The producers of batches as text, sorted. */
export function producersOf(batches: readonly EventBatch[]): string[] {
  return batches.map((batch) => Buffer.from(batch.producerId).toString('hex')).sort();
}
