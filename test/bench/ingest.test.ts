import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { Encoding, EventBatchSchema, protocolLimits } from '@telemetry/gen';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../collector/src/admission/admit-batch.ts';
import { sealedRequest } from '../collector/support/batches.ts';
import { BatchFactory } from './ingest/batch-factory.ts';
import { parseBenchOptions, UsageError } from './ingest/bench-options.ts';
import { LatencyHistogram } from './ingest/latency-histogram.ts';
import { runBench } from './ingest/run-bench.ts';

const nowUs = Date.now() * 1000;

describe('the batches of the load generator', () => {
  it.each([5, 1_000])('are what a client sends, %i events each', (eventsPerBatch) => {
    const factory = new BatchFactory({ eventsPerBatch, users: 1_000, seed: 7, nowUs });
    const admission = new Admission(protocolLimits);
    const sessions = new Set<string>();
    for (const number of [0, 1, 17, factory.templateCount, 4_000_000_000]) {
      const batch = factory.make(number);
      const admitted = admission.admit(sealedRequest(batch.bytes, batch.encoding), nowUs);
      expect(admitted).toMatchObject({ eventCount: eventsPerBatch, sequence: [1, eventsPerBatch], droppedEvents: [] });
      expect(admitted.plainSizeBytes).toBe(batch.plainSizeBytes);
      expect(Buffer.from(admitted.producerId)).toEqual(Buffer.from(factory.producerIdOf(number)));
      const plain = batch.encoding === Encoding.GZIP ? gunzipSync(batch.bytes) : batch.bytes;
      const message = fromBinary(EventBatchSchema, plain);
      sessions.add(message.core?.session?.id ?? '');
      const uses = factory.featureUses(factory.templateOf(number));
      const used = message.events.filter((event) => event.data.case === 'featureUse').length;
      expect([...uses.values()].reduce((sum, count) => sum + count, 0)).toBe(used);
    }
    expect(sessions.size).toBe(5);
  });

  it('are the same again by number, each with a producer of its own', () => {
    const options = { eventsPerBatch: 20, users: 10, seed: 1, nowUs };
    const [one, other] = [new BatchFactory(options), new BatchFactory(options)];
    expect(one.make(123).bytes).toEqual(other.make(123).bytes);
    const ids = Array.from({ length: 50_000 }, (_, number) => Buffer.from(one.producerIdOf(number)).toString('hex'));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the histogram of latencies', () => {
  it('gives quantiles to 2 %', () => {
    const histogram = new LatencyHistogram();
    for (let ms = 1_000; ms >= 1; ms--) histogram.add(ms);
    expect(histogram.quantileMs(0.5) / 500).toBeCloseTo(1, 1);
    expect(histogram.quantileMs(0.99) / 990).toBeCloseTo(1, 1);
    expect(Math.abs(histogram.quantileMs(0.5) / 500 - 1)).toBeLessThan(0.021);
    expect(new LatencyHistogram().quantileMs(0.99)).toBe(0);
  });
});

describe('the options of the benchmark', () => {
  it('have defaults, and are checked', () => {
    expect(parseBenchOptions([])).toMatchObject({ seconds: 30, eventsPerBatch: 1_000, rate: undefined, json: false });
    expect(parseBenchOptions(['--rate', '300', '--json'])).toMatchObject({ rate: 300, json: true });
    for (const args of [['--seconds', '0'], ['--rate', 'x'], ['--events-per-batch', '10001'], ['--nonsense']])
      expect(() => parseBenchOptions(args)).toThrow(UsageError);
  });
});

it('measures the real processes, and finds what they stored exact', async () => {
  const options = parseBenchOptions(['--seconds', '1', '--rate', '40', '--events-per-batch', '50']);
  if (options === 'help') throw new Error('no help was asked for');
  const report = await runBench(options, () => {}, new AbortController().signal);
  expect(report).toMatchObject({ exact: true, batches: 40, events: 2_000, deferred: 0 });
  expect(report.engine_events_per_s).toBeGreaterThan(0);
  expect(report.disk_ms_p99).toBeGreaterThan(0);
  expect(report.cpu_s_per_million_events.collector).toBeGreaterThan(0);
  expect(report.peak_rss_mb.generator).toBeGreaterThan(10);
});

it.each([
  ['while the disk is measured', 'the disk alone'],
  ['while it sends', 'acknowledged'],
])('stops all it has started when it is interrupted %s', async (_, text) => {
  const stop = new AbortController();
  const options = parseBenchOptions(['--seconds', '60', '--events-per-batch', '50', '--rate', '20']);
  if (options === 'help') throw new Error('no help was asked for');
  const onLine = (line: string) => void (line.includes(text) && stop.abort(new Error('interrupted')));
  await expect(runBench(options, onLine, stop.signal)).rejects.toThrow('interrupted');
});
