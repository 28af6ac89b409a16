import {
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValueWithName,
  type Registry,
} from 'prom-client';
import type { PlainHistogram } from './plain-histogram.ts';

/** A value, and the labels it stands under. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Adds a counter whose samples are asked for when the metrics are. */
export function exposeCounter(registry: Registry, name: string, help: string, samples: () => Iterable<Sample>): void {
  const labelNames = LABELS;
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of samples()) this.inc(labels, value);
    },
  });
}

/** Adds a gauge whose samples are asked for when the metrics are. */
export function exposeGauge(registry: Registry, name: string, help: string, samples: () => Iterable<Sample>): void {
  new Gauge({
    name,
    help,
    labelNames: LABELS,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of samples()) this.set(labels, value);
    },
  });
}

/** Adds a histogram that is counted elsewhere. */
export function exposeHistogram(registry: Registry, name: string, help: string, counted: PlainHistogram): void {
  new CountedHistogram(registry, name, help, counted);
}

/** Labels that any metric here may have. */
const LABELS = ['product', 'outcome', 'reason', 'result', 'version'];

type HistogramValues = MetricObjectWithValues<MetricValueWithName<string>>;

class CountedHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #counted: PlainHistogram;

  constructor(registry: Registry, name: string, help: string, counted: PlainHistogram) {
    super({ name, help, buckets: [...counted.bounds], registers: [registry] });
    this.#name = name;
    this.#help = help;
    this.#counted = counted;
  }

  override async get(): Promise<HistogramValues> {
    const { bounds, counts, sum } = this.#counted;
    const values: MetricValueWithName<string>[] = [];
    let total = 0;
    for (const [index, count] of counts.entries()) {
      total += count;
      const le = index < bounds.length ? String(bounds[index]) : '+Inf';
      values.push({ metricName: `${this.#name}_bucket`, labels: { le }, value: total });
    }
    values.push({ metricName: `${this.#name}_sum`, labels: {}, value: sum });
    values.push({ metricName: `${this.#name}_count`, labels: {}, value: total });
    // The kind of metric, for which the types have a const enum that cannot be imported.
    const type = 'histogram' as unknown as HistogramValues['type'];
    return { name: this.#name, help: this.#help, type, values, aggregator: 'sum', collect: () => {} };
  }

  /** What the registry asks for when it prints. */
  getForPromString(): Promise<HistogramValues> {
    return this.get();
  }
}
