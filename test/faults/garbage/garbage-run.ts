import { setTimeout } from 'node:timers/promises';
import { Random } from '../../collector/support/random.ts';
import { checkRound } from '../../crash/check-round.ts';
import type { FaultSystem } from '../support/fault-system.ts';
import { GoodClient } from '../support/good-client.ts';
import { memoryOf } from '../support/memory.ts';
import { untilDrained } from '../support/until-drained.ts';
import { garbageKinds } from './garbage-kinds.ts';

/** How long garbage is sent, and what it may cost. */
export interface GarbageOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Told every so often. */
  readonly onSample?: (sample: GarbageSample) => void;
}

/** One look at the collector and the warehouse while they are sent garbage. */
export interface GarbageSample {
  readonly elapsedS: number;
  readonly pieces: number;
  readonly collectorMib: number;
  readonly warehouseMib: number;
  readonly goodBatches: number;
}

/** What was found at the end. */
export interface GarbageResult {
  readonly pieces: Readonly<Record<string, number>>;
  readonly samples: readonly GarbageSample[];
  readonly collectorPeakMib: number;
  /** Longest wait of the client that behaves, for the acknowledgements of a message. */
  readonly slowestGoodMs: number;
  readonly goodEvents: number;
  /** What is wrong, in words; empty when nothing is. */
  readonly findings: readonly string[];
}

const senders = 4;
const samplesMin = 10;
const sampleMsMax = 10_000;
/** The heap that `serve` allows the collector (384), staging buffers (32), the seen-set of made-up producers, and Node itself. */
const collectorMibMax = 540;
/** What the collector may grow by from the middle of a run to its end: caches are full by then. */
const growthMibMax = 100;

/** Sends garbage of every kind to every port while a client behaves; the system runs. */
export async function sendGarbage(system: FaultSystem, options: GarbageOptions): Promise<GarbageResult> {
  const { grpcAddress, webUrl, sqlUrl } = system;
  const targets = { grpcAddress, webAddress: new URL(webUrl).host, sqlAddress: new URL(sqlUrl).host };
  const good = new GoodClient(grpcAddress, 'good', options.seed);
  good.start();
  const pieces: Record<string, number> = {};
  const startedMs = performance.now();
  const elapsedS = () => (performance.now() - startedMs) / 1_000;
  const sending = Array.from({ length: senders }, async (_, index) => {
    const random = new Random(options.seed + index);
    while (elapsedS() < options.seconds) {
      const kind = random.pick(Object.keys(garbageKinds));
      await garbageKinds[kind]?.(random, targets);
      pieces[kind] = (pieces[kind] ?? 0) + 1;
    }
  });
  const samples: GarbageSample[] = [];
  const pauseMs = Math.min(sampleMsMax, (options.seconds * 1_000) / samplesMin);
  while (elapsedS() < options.seconds) {
    await setTimeout(pauseMs);
    system.expectAlive();
    const sample = {
      elapsedS: elapsedS(),
      pieces: Object.values(pieces).reduce((sum, count) => sum + count, 0),
      collectorMib: memoryOf(system.collector.pid).residentMib,
      warehouseMib: memoryOf(system.warehouse.pid).residentMib,
      goodBatches: good.sent.length,
    };
    samples.push(sample);
    options.onSample?.(sample);
  }
  await Promise.all(sending);
  const findings: string[] = [];
  await good.stop().catch((error: Error) => findings.push(error.message));
  good.close();
  system.expectAlive();
  await untilDrained(system).catch((error: Error) => findings.push(error.message));
  const check = await checkRound(system.reader, good.product, good.sent);
  const collectorPeakMib = memoryOf(system.collector.pid).peakMib;
  findings.push(...check.findings, ...(await quarantined(system)), ...memoryFindings(samples, collectorPeakMib));
  return { pieces, samples, collectorPeakMib, slowestGoodMs: good.slowestMs, goodEvents: check.storedEvents, findings };
}

/** A batch that admission took and the engine cannot read. */
async function quarantined(system: FaultSystem): Promise<string[]> {
  const loads = (await system.metrics()).get('telemetry_loads_total') ?? [];
  const count = loads.find(({ labels }) => labels.result === 'quarantined')?.value ?? 0;
  return count === 0 ? [] : [`${count} loads were refused by the engine`];
}

function memoryFindings(samples: readonly GarbageSample[], peakMib: number): string[] {
  const findings: string[] = [];
  if (peakMib > collectorMibMax)
    findings.push(`the collector took ${peakMib} MiB, at most ${collectorMibMax} are allowed`);
  const half = Math.floor(samples.length / 2);
  const largest = (some: readonly GarbageSample[]) => Math.max(...some.map(({ collectorMib }) => collectorMib));
  const growthMib = largest(samples.slice(half)) - largest(samples.slice(0, half));
  if (growthMib > growthMibMax) findings.push(`the collector grew by ${growthMib} MiB in the second half`);
  return findings;
}
