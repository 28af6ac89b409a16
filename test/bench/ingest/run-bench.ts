import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { askNumber } from './ask.ts';
import type { FleetOptions } from './batch-factory.ts';
import type { BenchOptions } from './bench-options.ts';
import { checkExactness } from './check-exactness.ts';
import { DiskProbe } from './disk-probe.ts';
import { runEngine } from './engine-run.ts';
import { GeneratorProcess } from './generator-process.ts';
import type { LoadResult } from './load-generator.ts';
import { type ProcessUse, processUse } from './process-use.ts';
import { type ProcessName, processNames, type Report } from './report.ts';
import { pidOfService, type ServiceCommand, startService } from './service-command.ts';

/** Between two looks at how many events can be queried; a look costs the engine a few milliseconds. */
const LOOK_MS = 100;
const PROGRESS_MS = 1_000;
/** Each time. */
const DISK_PROBE_MS = 10_000;
/** For the loader to bring in what was acknowledged. */
const DRAIN_TIMEOUT_MS = 300_000;
const COUNT_EVENTS = 'SELECT count() FROM telemetry.events';
/** An INSERT fills one table after the other: what counts is what has reached the last. */
const COUNT_EVERYWHERE = `SELECT least(
  (SELECT count() FROM telemetry.events),
  (SELECT sum(event_count) FROM telemetry.batch_ledger),
  (SELECT sum(events) FROM telemetry.event_day))`;
const COUNT_FEATURE_USES = 'SELECT sum(events) FROM telemetry.feature_day';

/** Who is told how far it is, a line each. */
export type Tell = (line: string) => void;

interface Measured {
  readonly load: LoadResult;
  /** From the first batch sent until the last event could be queried. */
  readonly queryableMs: number;
  readonly cpuS: Readonly<Record<ProcessName, number>>;
  readonly peakRssBytes: Readonly<Record<ProcessName, number>>;
  readonly differences: readonly string[];
}

/** Runs the benchmark. Stops everything it started, whatever happens; rejects when the signal aborts. */
export async function runBench(options: BenchOptions, tell: Tell, signal: AbortSignal): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-bench-'));
  const { eventsPerBatch, users, seed } = options;
  const fleet = { eventsPerBatch, users, seed, nowUs: Date.now() * 1000 };
  try {
    const disk = new DiskProbe(folder, options.rate);
    const probeMs = Math.min(options.seconds * 1000, DISK_PROBE_MS);
    tell('the disk alone, before and afterwards');
    await disk.run(probeMs, signal);
    const measured = await measureServe(folder, options, fleet, tell, signal);
    await disk.run(probeMs, signal);
    tell('the bare engine, with the same batches');
    const engine = await runEngine(folder, fleet, measured.load.batches, options.seconds * 1000, signal);
    for (const difference of measured.differences) tell(`NOT EXACT: ${difference}`);
    return toReport(measured, disk, (engine.events * 1000) / engine.elapsedMs, (engine.cpuS * 1e6) / engine.events);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureServe(
  folder: string,
  options: BenchOptions,
  fleet: FleetOptions,
  tell: Tell,
  signal: AbortSignal,
): Promise<Measured> {
  const dataDir = join(folder, 'data');
  const addresses = ['--grpc-address', '127.0.0.1:0', '--web-address', '127.0.0.1:0', '--sql-address', '127.0.0.1:0'];
  const service = await startService(['serve', '--json', '--log-level', 'error', '--data-dir', dataDir, ...addresses]);
  const address = String(service.ready['grpc_address']);
  const generator = new GeneratorProcess({ ...fleet, address, ...pick(options) });
  const client = createClient({ url: String(service.ready['sql_url']) });
  try {
    await orAborted(generator.ready(), signal);
    const pids = pidsOf(dataDir, generator);
    const before = usesOf(pids);
    const startMs = performance.now();
    const load = await orAborted(sendAndTell(generator, client, options, tell), signal);
    tell(`${load.events} events acknowledged; the rest is being loaded`);
    await waitUntilQueryable(client, load, signal);
    const queryableMs = performance.now() - startMs;
    const after = usesOf(pids);
    const cpuS = perProcess((name) => after[name].cpuS - before[name].cpuS);
    const differences = await orAborted(checkExactness(client, load), signal);
    return { load, queryableMs, cpuS, peakRssBytes: perProcess((name) => after[name].peakRssBytes), differences };
  } finally {
    generator.close();
    await client.close();
    await stopQuietly(service, signal);
  }
}

function pick({ streams, seconds, rate }: BenchOptions) {
  return { streams, seconds, rate };
}

async function sendAndTell(
  generator: GeneratorProcess,
  client: ClickHouseClient,
  options: BenchOptions,
  tell: Tell,
): Promise<LoadResult> {
  const startMs = performance.now();
  let isDone = false;
  const timer = setInterval(async () => {
    const seconds = Math.round((performance.now() - startMs) / 1000);
    const acked = generator.ackedBatches * options.eventsPerBatch;
    const queryable = await askNumber(client, COUNT_EVENTS).catch(() => Number.NaN);
    if (!isDone) tell(`${String(seconds).padStart(4)} s  acknowledged ${acked}  queryable ${queryable}`);
  }, PROGRESS_MS);
  try {
    return await generator.run();
  } finally {
    isDone = true;
    clearInterval(timer);
  }
}

/** Waits until every event is in `events` and in all rollups. What never comes is for the check of exactness to name. */
async function waitUntilQueryable(client: ClickHouseClient, load: LoadResult, signal: AbortSignal): Promise<void> {
  const featureUses = Object.values(load.featureEvents).reduce((sum, events) => sum + events, 0);
  const deadlineMs = performance.now() + DRAIN_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const isEverywhere = (await askNumber(client, COUNT_EVERYWHERE)) >= load.events;
    if (isEverywhere && (await askNumber(client, COUNT_FEATURE_USES)) >= featureUses) return;
    await delay(LOOK_MS, undefined, { signal });
  }
}

function pidsOf(dataDir: string, generator: GeneratorProcess): Readonly<Record<ProcessName, number>> {
  const [collector, warehouse] = [pidOfService(dataDir, 'collector'), pidOfService(dataDir, 'warehouse')];
  return { collector, warehouse, generator: generator.pid };
}

function usesOf(pids: Readonly<Record<ProcessName, number>>): Readonly<Record<ProcessName, ProcessUse>> {
  return perProcess((name) => processUse(pids[name]));
}

function perProcess<Value>(of: (name: ProcessName) => Value): Readonly<Record<ProcessName, Value>> {
  return Object.fromEntries(processNames.map((name) => [name, of(name)])) as Record<ProcessName, Value>;
}

/** What `work` resolves to, unless it is told to stop before. */
async function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function stopQuietly(service: ServiceCommand, signal: AbortSignal): Promise<void> {
  await service.stop(signal.aborted ? 'now' : 'drain');
}

function toReport(measured: Measured, disk: DiskProbe, engineEventsPerS: number, engineCpuS: number): Report {
  const { load, queryableMs, cpuS, peakRssBytes, differences } = measured;
  const perSecond = (count: number, ms: number) => Math.round((count * 1000) / ms);
  const rounded = (value: number, digits = 3) => Number(value.toFixed(digits));
  const perMillion = (name: ProcessName) => rounded((cpuS[name] * 1e6) / load.events);
  const queryable = (load.events * 1000) / queryableMs;
  return {
    batches_per_s: perSecond(load.batches, load.elapsedMs),
    acked_events_per_s: perSecond(load.events, load.elapsedMs),
    queryable_events_per_s: Math.round(queryable),
    engine_events_per_s: Math.round(engineEventsPerS),
    engine_ratio: rounded(queryable / engineEventsPerS),
    cpu_s_per_million_events: { ...perProcess(perMillion), bare_engine: rounded(engineCpuS) },
    cores_busy: rounded((processNames.reduce((sum, name) => sum + cpuS[name], 0) * 1000) / queryableMs, 2),
    peak_rss_mb: perProcess((name) => Math.round(peakRssBytes[name] / 1e6)),
    ack_ms_p50: rounded(load.ackMsP50),
    ack_ms_p99: rounded(load.ackMsP99),
    disk_ms_p50: rounded(disk.quantileMs(0.5)),
    disk_ms_p99: rounded(disk.quantileMs(0.99)),
    batches: load.batches,
    events: load.events,
    sealed_bytes_per_event: rounded(load.sealedBytes / load.events, 1),
    deferred: load.deferred,
    seconds: rounded(queryableMs / 1000, 1),
    exact: differences.length === 0,
  };
}
